/**
 * Writes a stream in one of its encodings. What an encoding has no place for is left out: first and deleted ids and
 * counters before the second, when consumers were active before the third, idempotency before the fourth. An entry that
 * is nobody's would be lost by that, so it needs the fifth.
 */
import type { PendingEntry, StreamGroup, StreamId, StreamIdempotency, StreamValue } from '../rdb-value.ts';
import type { RdbWriter } from './rdb-writer.ts';
import { writeStreamNodes } from './write-stream-nodes.ts';

export type StreamEncoding = 1 | 2 | 3 | 4 | 5;

const unknownCount = 0xffffffffffffffffn;
/** Redis' own defaults. */
const noIdempotency: StreamIdempotency = {
  durationSeconds: 100n,
  maxEntries: 100n,
  producers: [],
  added: 0n,
  duplicates: 0n,
};

/** The first encoding that holds all of a stream. */
export function encodingFor(value: StreamValue): StreamEncoding {
  const { entries, firstId, maxDeletedId, entriesAdded, groups, idempotency } = value;
  if (groups.some((group) => group.pending.some(({ consumer }) => consumer === null))) return 5;
  if (idempotency !== null) return 4;
  if (groups.some((group) => group.consumers.some(({ activeTimeMs }) => activeTimeMs !== null))) return 3;
  const first = entries[0] ?? { ms: 0n, seq: 0n };
  const isBare = isSame(first, firstId) && isSame(maxDeletedId, { ms: 0n, seq: 0n });
  // Of a group in the first encoding a server estimates what it has read.
  return isBare && entriesAdded === BigInt(entries.length) && groups.length === 0 ? 1 : 2;
}

export function writeStream(to: RdbWriter, value: StreamValue, encoding: StreamEncoding): void {
  writeStreamNodes(to, value.entries);
  to.length(value.entries.length);
  to.id(value.lastId);
  if (encoding >= 2) {
    to.id(value.firstId);
    to.id(value.maxDeletedId);
    to.unsigned(value.entriesAdded);
  }
  to.length(value.groups.length);
  for (const group of value.groups) writeGroup(to, group, encoding);
  if (encoding >= 4) writeIdempotency(to, value.idempotency ?? noIdempotency);
}

function writeGroup(to: RdbWriter, group: StreamGroup, encoding: StreamEncoding): void {
  to.string(group.name);
  to.id(group.lastId);
  if (encoding >= 2) to.unsigned(group.entriesRead ?? unknownCount);
  to.length(group.pending.length);
  for (const { id, deliveryTimeMs, deliveryCount } of group.pending) {
    to.rawId(id);
    to.time(deliveryTimeMs);
    to.unsigned(deliveryCount);
  }
  const owned = byOwner(group.pending);
  to.length(group.consumers.length);
  for (const { name, seenTimeMs, activeTimeMs } of group.consumers) {
    to.string(name);
    to.time(seenTimeMs);
    if (encoding >= 3) to.time(activeTimeMs ?? seenTimeMs);
    const key = keyOf(name);
    const ids = owned.get(key) ?? [];
    owned.delete(key);
    to.length(ids.length);
    for (const id of ids) to.rawId(id);
  }
  if (owned.size > 0) throw new RangeError('A pending entry of the stream has a consumer that its group lacks.');
  if (encoding < 5) return;
  to.length(group.nacked.length);
  for (const id of group.nacked) to.rawId(id);
}

function writeIdempotency(to: RdbWriter, idempotency: StreamIdempotency): void {
  to.unsigned(idempotency.durationSeconds);
  to.unsigned(idempotency.maxEntries);
  to.length(idempotency.producers.length);
  for (const { name, messages } of idempotency.producers) {
    to.string(name);
    to.length(messages.length);
    for (const { messageId, id } of messages) {
      to.string(messageId);
      to.id(id);
    }
  }
  to.unsigned(idempotency.added);
  to.unsigned(idempotency.duplicates);
}

/** Ids of the pending entries by the names of their consumers. */
function byOwner(pending: readonly PendingEntry[]): Map<string, StreamId[]> {
  const owned = new Map<string, StreamId[]>();
  let last: Uint8Array | null = null;
  let ids: StreamId[] = [];
  for (const { id, consumer } of pending) {
    if (consumer === null) continue;
    if (consumer !== last) {
      const key = keyOf(consumer);
      ids = owned.get(key) ?? [];
      owned.set(key, ids);
      last = consumer;
    }
    ids.push(id);
  }
  return owned;
}

function keyOf(name: Uint8Array): string {
  let key = '';
  for (const byte of name) key += String.fromCharCode(byte);
  return key;
}

function isSame(a: StreamId, b: StreamId): boolean {
  return a.ms === b.ms && a.seq === b.seq;
}
