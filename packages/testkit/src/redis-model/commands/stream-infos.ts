/** XINFO: what streams, groups and consumers tell of themselves. */
import type { Call, ModelCommand } from '../call.ts';
import { integer, type ModelReply, noSuchKey, Refusal } from '../reply.ts';
import type { StreamGroup, StreamValue } from '../values.ts';
import { parseCount } from './counts.ts';
import { entriesBack, entriesBetween, firstIdOf, shownEntry } from './stream-entries.ts';
import { byName, inError, lagOf, misused, pendingCounts } from './stream-groups.ts';
import { greatestId, showId } from './stream-ids.ts';

export const streamInfoCommands: readonly ModelCommand[] = [
  {
    name: 'XINFO STREAM',
    arity: -3,
    write: false,
    run: (call, [key, ...options]) => {
      const stream = streamAt(call, key!);
      return options.length === 0 ? shortInfo(stream) : fullInfo(stream, parseFull(call, options));
    },
  },
  {
    name: 'XINFO GROUPS',
    arity: 3,
    write: false,
    run: (call, [key]) => {
      const stream = streamAt(call, key!);
      return byName(stream.groups).map(([name, group]) => groupInfo(stream, name, group));
    },
  },
  {
    name: 'XINFO CONSUMERS',
    arity: 4,
    write: false,
    run: (call, [key, name]) => {
      const group = streamAt(call, key!).groups.get(name!);
      if (group === undefined)
        throw new Refusal(`NOGROUP No such consumer group '${inError(name!)}' for key name '${inError(key!)}'`);
      const counts = pendingCounts(group);
      return byName(group.consumers).map(([consumer, { seen }]) => [
        ...['name', consumer, 'pending', counts.get(consumer) ?? 0],
        ...['idle', Math.max(0, call.now - seen)],
      ]);
    },
  },
];

const defaultShown = 10;
/** Hexadecimal. */
const idDigits = 32;

/** @throws Refusal */
function streamAt(call: Call, key: string): StreamValue {
  const stream = call.read(key, 'stream');
  if (stream === undefined) throw new Refusal(noSuchKey);
  return stream;
}

/** How many of anything are shown. */
function parseFull(call: Call, [full, count, countText, ...more]: readonly string[]): number {
  const isFull = full?.toUpperCase() === 'FULL';
  if (isFull && count === undefined) return defaultShown;
  if (!isFull || count?.toUpperCase() !== 'COUNT' || countText === undefined || more.length > 0) throw misused(call);
  const shown = parseCount(countText);
  if (shown < 0) return defaultShown;
  return shown === 0 ? Number.POSITIVE_INFINITY : shown;
}

/** What both forms begin with. */
function counters(stream: StreamValue): ModelReply[] {
  const { length, nodes, last, maxDeleted, added } = stream;
  return [
    ...['length', length],
    ...['radix-tree-keys', nodes.length, 'radix-tree-nodes', treeNodes(stream)],
    ...['last-generated-id', showId(last), 'max-deleted-entry-id', showId(maxDeleted)],
    ...['entries-added', integer(BigInt.asIntN(64, added)), 'recorded-first-entry-id', showId(firstIdOf(stream))],
  ];
}

/** How many nodes a server's radix tree has, whose keys are the first IDs of the stream's nodes. */
function treeNodes({ nodes }: StreamValue): number {
  const keys = nodes.map(({ entries }) => entries[0]!.id.toString(16).padStart(idDigits, '0'));
  return keys.length === 0 ? 1 : branchNodes(keys, 0);
}

/** @param keys - sorted, and alike up to this place */
function branchNodes(keys: readonly string[], from: number): number {
  const [first, last] = [keys[0]!, keys.at(-1)!];
  let to = from;
  while (to < idDigits && byteAt(first, to) === byteAt(last, to)) to += 2;
  if (to === idDigits) return to > from ? 2 : 1;
  const inCommon = to > from ? 1 : 0;
  const branches = Map.groupBy(keys, (key) => byteAt(key, to));
  return inCommon + 1 + [...branches.values()].reduce((sum, branch) => sum + branchNodes(branch, to + 2), 0);
}

function byteAt(key: string, place: number): string {
  return key.slice(place, place + 2);
}

function shortInfo(stream: StreamValue): ModelReply {
  const [first] = entriesBetween(stream, 0n, greatestId, 1);
  const [last] = entriesBack(stream, 0n, greatestId, 1);
  return [
    ...counters(stream),
    ...['groups', stream.groups.size],
    ...['first-entry', first === undefined ? null : shownEntry(first)],
    ...['last-entry', last === undefined ? null : shownEntry(last)],
  ];
}

function fullInfo(stream: StreamValue, shown: number): ModelReply {
  const entries = entriesBetween(stream, 0n, greatestId, shown);
  const groups = byName(stream.groups).map(([name, group]) => fullGroupInfo(stream, name, group, shown));
  return [...counters(stream), 'entries', entries.map(shownEntry), 'groups', groups];
}

function groupInfo(stream: StreamValue, name: string, group: StreamGroup): ModelReply {
  const { consumers, pending, last } = group;
  return [
    ...['name', name, 'consumers', consumers.size, 'pending', pending.length],
    ...['last-delivered-id', showId(last), ...progress(stream, group)],
  ];
}

function fullGroupInfo(stream: StreamValue, name: string, group: StreamGroup, shown: number): ModelReply {
  const { consumers, pending, last } = group;
  const listed = pending.slice(0, shown).map(({ id, consumer, time, count }) => [showId(id), consumer, time, count]);
  const ofConsumers = byName(consumers).map(([consumer, { seen }]) => {
    const own = pending.filter((entry) => entry.consumer === consumer);
    const ownListed = own.slice(0, shown).map(({ id, time, count }) => [showId(id), time, count]);
    return ['name', consumer, 'seen-time', seen, 'pel-count', own.length, 'pending', ownListed];
  });
  return [
    ...['name', name, 'last-delivered-id', showId(last), ...progress(stream, group)],
    ...['pel-count', pending.length, 'pending', listed, 'consumers', ofConsumers],
  ];
}

function progress(stream: StreamValue, group: StreamGroup): ModelReply[] {
  const lag = lagOf(stream, group);
  const read = group.read === undefined ? null : integer(group.read);
  return ['entries-read', read, 'lag', lag === null ? null : integer(lag)];
}
