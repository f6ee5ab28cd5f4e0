/** Consumer groups of streams: their consumers, their pending entries, and how much they have read. */
import type { Call } from '../call.ts';
import { Refusal } from '../reply.ts';
import type { PendingEntry, StreamConsumer, StreamGroup, StreamId, StreamValue } from '../values.ts';
import { firstIdOf } from './stream-entries.ts';
import { showId } from './stream-ids.ts';

/** @param last - entries behind it are new to the group */
export function newGroup(last: StreamId, read: bigint | undefined): StreamGroup {
  return { last, read, pending: [], consumers: new Map() };
}

/** A stream and one of its groups, with their names. */
export interface GroupPlace {
  readonly key: string;
  readonly name: string;
  readonly stream: StreamValue;
  readonly group: StreamGroup;
}

/** @param where - what the refusal says of the command. @throws Refusal also where the key or the group is missing */
export function groupAt(call: Call, key: string, name: string, where: string = ''): GroupPlace {
  const stream = call.read(key, 'stream');
  const group = stream?.groups.get(name);
  if (stream === undefined || group === undefined)
    throw new Refusal(`NOGROUP No such key '${inError(key)}' or consumer group '${inError(name)}'${where}`);
  return { key, name, stream, group };
}

/** A name as errors show it. */
export function inError(name: string): string {
  return name.split('\0', 1)[0]!.replace(/[\r\n]/g, ' ');
}

/** Why a subcommand is refused whose options it does not know. */
export function misused({ given: [name, subcommand] }: Call): Refusal {
  return new Refusal(
    `ERR unknown subcommand or wrong number of arguments for '${subcommand}'. Try ${name!.toUpperCase()} HELP.`,
  );
}

/** A consumer that acts now; it is made when it is missing. */
export function consumerAt(group: StreamGroup, name: string, now: number): StreamConsumer {
  let consumer = group.consumers.get(name);
  if (consumer === undefined) {
    consumer = { seen: now };
    group.consumers.set(name, consumer);
  }
  consumer.seen = now;
  return consumer;
}

/** The place of the first pending entry with this ID or a greater one. */
export function pendingPlace(pending: readonly PendingEntry[], id: StreamId): number {
  let [from, to] = [0, pending.length];
  if (to > 0 && pending[to - 1]!.id < id) return to;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (pending[middle]!.id < id) from = middle + 1;
    else to = middle;
  }
  return from;
}

export function pendingAt({ pending }: StreamGroup, id: StreamId): PendingEntry | undefined {
  const entry = pending[pendingPlace(pending, id)];
  return entry?.id === id ? entry : undefined;
}

/** Adds one whose ID is not pending yet. */
export function addPending({ pending }: StreamGroup, entry: PendingEntry): void {
  pending.splice(pendingPlace(pending, entry.id), 0, entry);
}

/** Whether it was there. */
export function removePending({ pending }: StreamGroup, id: StreamId): boolean {
  const place = pendingPlace(pending, id);
  if (pending[place]?.id !== id) return false;
  pending.splice(place, 1);
  return true;
}

/** How many entries each consumer has pending. */
export function pendingCounts({ pending }: StreamGroup): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { consumer } of pending) counts.set(consumer, (counts.get(consumer) ?? 0) + 1);
  return counts;
}

/** By bytes of the name, as a server's tree has them. */
export function byName<T>(named: ReadonlyMap<string, T>): (readonly [name: string, value: T])[] {
  return [...named].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The group has read up to this entry. */
export function readUpTo(stream: StreamValue, group: StreamGroup, id: StreamId): void {
  if (group.read !== undefined && !isBrokenFrom(stream, id)) group.read++;
  else if (stream.added > 0n) group.read = estimatedReads(stream, id);
  group.last = id;
}

/** How many entries the group has yet to read; null when it cannot be known. */
export function lagOf(stream: StreamValue, { read, last }: StreamGroup): bigint | null {
  if (stream.added === 0n) return 0n;
  const known = read !== undefined && !isBrokenFrom(stream, last) ? read : estimatedReads(stream, last);
  return known === undefined ? null : stream.added - known;
}

/** What is propagated for a delivery. @param id - as it is to be shown */
export function claimTold({ key, name, group }: GroupPlace, id: string, entry: PendingEntry): string[] {
  return [
    ...['XCLAIM', key, name, entry.consumer, '0', id, 'TIME', String(entry.time)],
    ...['RETRYCOUNT', String(entry.count), 'FORCE', 'JUSTID', 'LASTID', showId(group.last)],
  ];
}

/** What is propagated when a group has moved on without a delivery. */
export function groupTold({ key, name, group }: GroupPlace): string[] {
  return ['XGROUP', 'SETID', key, name, showId(group.last), 'ENTRIESREAD', String(group.read ?? -1)];
}

/** Whether an entry from this ID on has been deleted. */
function isBrokenFrom(stream: StreamValue, id: StreamId): boolean {
  const { length, maxDeleted } = stream;
  return length > 0 && maxDeleted > 0n && id <= maxDeleted && firstIdOf(stream) <= maxDeleted;
}

/** How many entries there ever were up to this ID, where the stream's counters tell. */
function estimatedReads(stream: StreamValue, id: StreamId): bigint | undefined {
  const { added, length, last, maxDeleted } = stream;
  if (added === 0n) return 0n;
  if (id === last || (length === 0 && id < last)) return added;
  if (id > last) return undefined;
  const first = firstIdOf(stream);
  if (maxDeleted > 0n && maxDeleted >= first) return undefined;
  if (id < first) return added - BigInt(length);
  return id === first ? added - BigInt(length) + 1n : undefined;
}
