/** The entries of streams: adding, finding and deleting them, in nodes as a server would have them. */
import type { Call } from '../call.ts';
import type { StreamEntry, StreamId, StreamNode, StreamValue } from '../values.ts';
import { integerBytes, listpackOverhead, textBytes } from './listpack-sizes.ts';
import { greatestId, msOf, seqOf, showId } from './stream-ids.ts';

export const nodeEntries = 100;
const nodeBytes = 4096;

export function newStream(): StreamValue {
  return { type: 'stream', nodes: [], length: 0, last: 0n, maxDeleted: 0n, added: 0n, groups: new Map() };
}

/** @throws Refusal */
export function openStream(call: Call, key: string): StreamValue {
  return call.open(key, 'stream', newStream);
}

/** Adds an entry behind all others. */
export function append(stream: StreamValue, id: StreamId, fields: readonly string[]): void {
  let node = stream.nodes.at(-1);
  const length = fields.reduce((sum, text) => sum + text.length, 0);
  if (node === undefined || node.bytes + length >= nodeBytes || node.entries.length >= nodeEntries) {
    node = { entries: [], live: 0, bytes: headBytes(fields) };
    stream.nodes.push(node);
  }
  node.entries.push({ id, fields, isDeleted: false });
  node.live++;
  node.bytes += entryBytes(node.entries[0]!, id, fields);
  stream.length++;
  stream.added++;
  stream.last = id;
}

/** The entry of this ID, unless it is deleted. */
export function entryOf(stream: StreamValue, id: StreamId): StreamEntry | undefined {
  const node = stream.nodes[nodePlace(stream, id)];
  const entry = node?.entries[entryPlace(node, id)];
  return entry?.id === id && !entry.isDeleted ? entry : undefined;
}

/** Whether it was there. */
export function removeEntry(stream: StreamValue, id: StreamId): boolean {
  const place = nodePlace(stream, id);
  const node = stream.nodes[place];
  const entry = node?.entries[entryPlace(node, id)];
  if (node === undefined || entry?.id !== id || entry.isDeleted) return false;
  entry.isDeleted = true;
  node.live--;
  stream.length--;
  if (node.live === 0) stream.nodes.splice(place, 1);
  return true;
}

/** The entries from one ID to another one, both included; no more than `count`. */
export function entriesBetween(
  stream: StreamValue,
  from: StreamId,
  to: StreamId,
  count: number = Number.POSITIVE_INFINITY,
): StreamEntry[] {
  const found: StreamEntry[] = [];
  if (from > to || stream.length === 0) return found;
  let place = Math.max(0, nodePlace(stream, from));
  let start = entryPlace(stream.nodes[place]!, from);
  for (let node = stream.nodes[place]; node !== undefined; node = stream.nodes[++place], start = 0) {
    for (let at = start; at < node.entries.length; at++) {
      const entry = node.entries[at]!;
      if (entry.id > to || found.length >= count) return found;
      if (!entry.isDeleted) found.push(entry);
    }
  }
  return found;
}

/** As `entriesBetween`, but from the last one back. */
export function entriesBack(stream: StreamValue, from: StreamId, to: StreamId, count: number): StreamEntry[] {
  const found: StreamEntry[] = [];
  if (from > to) return found;
  let place = nodePlace(stream, to);
  for (let node = stream.nodes[place]; node !== undefined; node = stream.nodes[--place]) {
    for (let at = node.entries.length - 1; at >= 0; at--) {
      const entry = node.entries[at]!;
      if (entry.id < from || found.length >= count) return found;
      if (entry.id <= to && !entry.isDeleted) found.push(entry);
    }
  }
  return found;
}

/** 0 when there is none. */
export function firstIdOf(stream: StreamValue): StreamId {
  return entriesBetween(stream, 0n, greatestId, 1)[0]?.id ?? 0n;
}

/** The last one that is not deleted; 0 when there is none. */
export function lastLiveIdOf(stream: StreamValue): StreamId {
  return entriesBack(stream, 0n, greatestId, 1)[0]?.id ?? 0n;
}

/** An entry as it is replied. */
export function shownEntry({ id, fields }: StreamEntry): [id: string, fields: readonly string[]] {
  return [showId(id), fields];
}

/** The last node that begins at this ID or before; -1 when there is none. */
function nodePlace({ nodes }: StreamValue, id: StreamId): number {
  let [from, to] = [0, nodes.length];
  if (to > 0 && nodes[to - 1]!.entries[0]!.id <= id) return to - 1;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (nodes[middle]!.entries[0]!.id <= id) from = middle + 1;
    else to = middle;
  }
  return from - 1;
}

/** The first entry with this ID or a greater one. */
function entryPlace({ entries }: StreamNode, id: StreamId): number {
  let [from, to] = [0, entries.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (entries[middle]!.id < id) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** What a node takes without its entries: two counts, the number and the names of its first entry's fields, and an end mark. */
function headBytes(fields: readonly string[]): number {
  let bytes = listpackOverhead + 3 * integerBytes(0) + integerBytes(fields.length / 2);
  for (let at = 0; at < fields.length; at += 2) bytes += textBytes(fields[at]!);
  return bytes;
}

/** An entry with the same fields as the node's first one leaves their names out. */
function entryBytes(first: StreamEntry, id: StreamId, fields: readonly string[]): number {
  const count = fields.length / 2;
  let bytes = integerBytes(0) + difference(msOf(id), msOf(first.id)) + difference(seqOf(id), seqOf(first.id));
  for (let at = 1; at < fields.length; at += 2) bytes += textBytes(fields[at]!);
  if (hasSameFields(first.fields, fields)) return bytes + integerBytes(count + 3);
  for (let at = 0; at < fields.length; at += 2) bytes += textBytes(fields[at]!);
  return bytes + integerBytes(count) + integerBytes(2 * count + 4);
}

function difference(part: bigint, first: bigint): number {
  return integerBytes(BigInt.asIntN(64, part - first));
}

function hasSameFields(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 2) if (a[at] !== b[at]) return false;
  return true;
}
