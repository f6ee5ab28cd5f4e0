/**
 * Reads a stream in any of its five encodings: entries, counters, consumer groups and, since Redis 8.6, what it remembers
 * of its producers.
 *
 * The first encoding lacks the first id, the greatest deleted id and the counters: these are taken from the entries, and
 * what a group has read is not known. The first two lack when a consumer was last active.
 */
import type { StreamEntry, StreamId, StreamIdempotency, StreamProducer, StreamValue } from '../rdb-value.ts';
import type { RdbCursor } from './rdb-cursor.ts';
import { readStreamGroup } from './read-stream-group.ts';
import { readStreamNode } from './read-stream-node.ts';
import { readId } from './stream-id.ts';

const zeroId: StreamId = { ms: 0n, seq: 0n };

/** A reader of encoding 1 (Redis 5), 2 (7.0), 3 (7.2), 4 (8.6) or 5 (8.8). */
export function streamReader(encoding: 1 | 2 | 3 | 4 | 5): (cursor: RdbCursor) => StreamValue {
  return (cursor) => {
    const entries: StreamEntry[] = [];
    for (let nodes = cursor.length(); nodes > 0 && !cursor.failed; nodes--) readStreamNode(cursor, entries);
    const start = cursor.at;
    const length = cursor.length();
    if (length !== entries.length)
      cursor.fail('bad-stream', `a stream says that it has ${length} entries, and has ${entries.length}`, start);
    const lastId = readId(cursor);
    const isBare = encoding === 1;
    const firstId = isBare ? idOf(entries[0]) : readId(cursor);
    const maxDeletedId = isBare ? zeroId : readId(cursor);
    const entriesAdded = isBare ? BigInt(length) : cursor.unsigned();
    const groups = [];
    for (let left = cursor.count(6); left > 0 && !cursor.failed; left--) groups.push(readStreamGroup(cursor, encoding));
    const idempotency = encoding >= 4 ? readIdempotency(cursor) : null;
    return { kind: 'stream', entries, lastId, firstId, maxDeletedId, entriesAdded, groups, idempotency };
  };
}

function idOf(entry: StreamEntry | undefined): StreamId {
  return entry === undefined ? zeroId : { ms: entry.ms, seq: entry.seq };
}

function readIdempotency(cursor: RdbCursor): StreamIdempotency {
  const durationSeconds = cursor.unsigned();
  const maxEntries = cursor.unsigned();
  const producers: StreamProducer[] = [];
  for (let left = cursor.count(2); left > 0 && !cursor.failed; left--) {
    const name = cursor.string();
    const messages = [];
    for (let more = cursor.count(3); more > 0 && !cursor.failed; more--)
      messages.push({ messageId: cursor.string(), id: readId(cursor) });
    producers.push({ name, messages });
  }
  return { durationSeconds, maxEntries, producers, added: cursor.unsigned(), duplicates: cursor.unsigned() };
}
