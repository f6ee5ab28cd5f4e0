/** XREAD and XREADGROUP. Those that would wait find nothing at once. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import type { StreamId, StreamValue } from '../values.ts';
import { parseCount } from './counts.ts';
import { parseInteger } from './numbers.ts';
import { entriesBetween, entryOf, lastLiveIdOf, shownEntry } from './stream-entries.ts';
import {
  addPending,
  claimTold,
  consumerAt,
  type GroupPlace,
  groupAt,
  groupTold,
  pendingAt,
  pendingPlace,
  readUpTo,
} from './stream-groups.ts';
import { greatestId, parseId, showId } from './stream-ids.ts';

export const streamReadCommands: readonly ModelCommand[] = [
  { name: 'XREAD', arity: -4, write: false, run: (call, args) => read(call, parseRead(args, false)) },
  { name: 'XREADGROUP', arity: -7, write: true, run: (call, args) => readAsGroup(call, parseRead(args, true)) },
];

/** In place of an ID: what is new to the group. */
const newOnes: StreamId = greatestId;

interface Asked {
  readonly keys: readonly string[];
  readonly ids: readonly string[];
  readonly count: number;
  readonly group: string;
  readonly consumer: string;
  readonly isAcknowledged: boolean;
}

function parseRead(args: readonly string[], isGroup: boolean): Asked {
  let count = 0;
  let names: readonly string[] | undefined;
  let isAcknowledged = false;
  for (let at = 0; at < args.length; at++) {
    const option = args[at]!.toUpperCase();
    const left = args.length - at - 1;
    if (option === 'BLOCK' && left >= 1) checkBlock(args[++at]!);
    else if (option === 'COUNT' && left >= 1) count = parseCount(args[++at]!);
    else if (option === 'STREAMS' && left >= 1) {
      if (left % 2 !== 0)
        throw new Refusal("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
      if (isGroup && names === undefined) throw new Refusal('ERR Missing GROUP option for XREADGROUP');
      const [keys, ids] = [args.slice(at + 1, at + 1 + left / 2), args.slice(at + 1 + left / 2)];
      const [group = '', consumer = ''] = names ?? [];
      return { keys, ids, count: count > 0 ? count : Number.POSITIVE_INFINITY, group, consumer, isAcknowledged };
    } else if (option === 'GROUP' && left >= 2) {
      if (!isGroup) throw onlyForGroups('GROUP');
      names = args.slice(at + 1, at + 3);
      at += 2;
    } else if (option === 'NOACK') {
      if (!isGroup) throw onlyForGroups('NOACK');
      isAcknowledged = true;
    } else throw new Refusal(syntaxError);
  }
  throw new Refusal(syntaxError);
}

function onlyForGroups(option: string): Refusal {
  return new Refusal(`ERR The ${option} option is only supported by XREADGROUP. You called XREAD instead.`);
}

function checkBlock(text: string): void {
  if (parseInteger(text, 'ERR timeout is not an integer or out of range') < 0n)
    throw new Refusal('ERR timeout is negative');
}

function read(call: Call, { keys, ids, count }: Asked): ModelReply {
  const found = keys.map((key, place): [string, StreamValue | undefined, StreamId] => {
    const stream = call.read(key, 'stream');
    const id = ids[place]!;
    if (id === '>')
      throw new Refusal(
        'ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.',
      );
    return [key, stream, id === '$' ? (stream?.last ?? 0n) : parseId(id)];
  });
  const shown: ModelReply[] = [];
  for (const [key, stream, id] of found) {
    const entries = stream === undefined ? [] : entriesBetween(stream, id + 1n, greatestId, count);
    if (entries.length > 0) shown.push([key, entries.map(shownEntry)]);
  }
  return shown.length > 0 ? shown : null;
}

function readAsGroup(call: Call, asked: Asked): ModelReply {
  const found = asked.keys.map((key, place): [GroupPlace, StreamId] => {
    const at = groupAt(call, key, asked.group, ' in XREADGROUP with GROUP option');
    const id = asked.ids[place]!;
    if (id === '$') throw new Refusal(meaningless);
    return [at, id === '>' ? newOnes : parseId(id)];
  });
  const shown: ModelReply[] = [];
  for (const [at, id] of found) {
    const isNew = id === newOnes;
    if (isNew && lastLiveIdOf(at.stream) <= at.group.last) continue;
    const isMade = !at.group.consumers.has(asked.consumer);
    consumerAt(at.group, asked.consumer, call.now);
    if (isMade && asked.isAcknowledged) call.propagate(['XGROUP', 'CREATECONSUMER', at.key, at.name, asked.consumer]);
    shown.push([at.key, isNew ? deliver(call, at, asked) : history(call, at, id, asked)]);
  }
  return shown.length > 0 ? shown : null;
}

const meaningless =
  'ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.';

/** What is new to the group; it is pending from now on, unless it counts as acknowledged. */
function deliver(call: Call, at: GroupPlace, { consumer, count, isAcknowledged }: Asked): ModelReply {
  const { stream, group } = at;
  const entries = entriesBetween(stream, group.last + 1n, greatestId, count);
  for (const { id } of entries) {
    readUpTo(stream, group, id);
    if (isAcknowledged) continue;
    let pending = pendingAt(group, id);
    if (pending === undefined) {
      pending = { id, consumer, time: call.now, count: 1n };
      addPending(group, pending);
    } else Object.assign(pending, { consumer, time: call.now, count: 1n });
    call.propagate(claimTold(at, showId(id), pending));
  }
  if (isAcknowledged) call.propagate(groupTold(at));
  return entries.map(shownEntry);
}

/** What the consumer has pending behind an ID. */
function history(call: Call, { stream, group }: GroupPlace, behind: StreamId, { consumer, count }: Asked): ModelReply {
  const shown: ModelReply[] = [];
  const { pending } = group;
  for (let at = pendingPlace(pending, behind + 1n); at < pending.length && shown.length < count; at++) {
    const delivery = pending[at]!;
    if (delivery.consumer !== consumer) continue;
    const entry = entryOf(stream, delivery.id);
    if (entry !== undefined) {
      delivery.time = call.now;
      delivery.count++;
    }
    shown.push(entry === undefined ? [showId(delivery.id), null] : shownEntry(entry));
  }
  return shown;
}
