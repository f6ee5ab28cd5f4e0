/**
 * Reads a consumer group of a stream: pending entries first without, then per consumer with their owner.
 *
 * Every pending entry has exactly one owner; since encoding 5 an entry may be listed as nobody's instead.
 */
import type { PendingEntry, StreamConsumer, StreamGroup, StreamId } from '../rdb-value.ts';
import type { RdbCursor } from './rdb-cursor.ts';
import { rawId, rawIdBytes, readId } from './stream-id.ts';

const unknownCount = 0xffffffffffffffffn;
/** Bytes that a pending entry, and a consumer, take at least. */
const leastPending = rawIdBytes + 9;
const leastConsumer = 10;

/** A pending entry while its owner is sought; undefined as long as it has not been found. */
interface Unowned {
  readonly id: StreamId;
  readonly deliveryTimeMs: number;
  readonly deliveryCount: bigint;
  consumer: Uint8Array | null | undefined;
}

/** @param encoding - of the stream, 1 to 5. */
export function readStreamGroup(cursor: RdbCursor, encoding: number): StreamGroup {
  const name = cursor.string();
  const lastId = readId(cursor);
  const read = encoding >= 2 ? cursor.unsigned() : unknownCount;
  const start = cursor.at;
  const pending = readPending(cursor);
  const consumers: StreamConsumer[] = [];
  for (let left = cursor.count(leastConsumer); left > 0 && !cursor.failed; left--)
    consumers.push(readConsumer(cursor, encoding, pending));
  const nacked = encoding >= 5 ? readOwned(cursor, null, pending) : [];
  const owned: PendingEntry[] = [];
  for (const entry of pending.values()) {
    const { id, consumer, deliveryTimeMs, deliveryCount } = entry;
    if (consumer === undefined) cursor.fail('bad-stream', 'a pending entry belongs to no consumer', start);
    else owned.push({ id, consumer, deliveryTimeMs, deliveryCount });
  }
  return {
    name,
    lastId,
    entriesRead: read === unknownCount ? null : read,
    pending: owned,
    consumers,
    nacked: nacked.map(({ id }) => id),
  };
}

/** The pending entries by the sixteen bytes of their ids, in their order. */
function readPending(cursor: RdbCursor): Map<string, Unowned> {
  const pending = new Map<string, Unowned>();
  for (let left = cursor.count(leastPending); left > 0; left--) {
    const at = cursor.skip(rawIdBytes);
    if (at < 0) break;
    const deliveryTimeMs = cursor.time('bad-stream');
    const deliveryCount = cursor.unsigned();
    const key = keyOf(cursor.bytes, at);
    if (pending.has(key)) cursor.fail('bad-stream', 'an entry is pending twice', at);
    pending.set(key, { id: rawId(cursor.bytes, at), deliveryTimeMs, deliveryCount, consumer: undefined });
  }
  return pending;
}

function readConsumer(cursor: RdbCursor, encoding: number, pending: ReadonlyMap<string, Unowned>): StreamConsumer {
  const name = cursor.string();
  const seenTimeMs = cursor.time('bad-stream');
  const activeTimeMs = encoding >= 3 ? cursor.time('bad-stream') : null;
  readOwned(cursor, name, pending);
  return { name, seenTimeMs, activeTimeMs };
}

/** Gives the entries whose ids follow to an owner. */
function readOwned(cursor: RdbCursor, owner: Uint8Array | null, pending: ReadonlyMap<string, Unowned>): Unowned[] {
  const owned: Unowned[] = [];
  for (let left = cursor.length(); left > 0; left--) {
    const at = cursor.skip(rawIdBytes);
    if (at < 0) break;
    const entry = pending.get(keyOf(cursor.bytes, at));
    if (entry === undefined || entry.consumer !== undefined) {
      cursor.fail('bad-stream', 'an entry is owned twice, or not pending', at);
      break;
    }
    entry.consumer = owner;
    owned.push(entry);
  }
  return owned;
}

function keyOf(bytes: Uint8Array, at: number): string {
  let key = '';
  for (let i = at; i < at + rawIdBytes; i += 2) key += String.fromCharCode((bytes[i]! << 8) | bytes[i + 1]!);
  return key;
}
