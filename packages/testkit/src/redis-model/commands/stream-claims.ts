/** XCLAIM and XAUTOCLAIM: deliveries that go to another consumer. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import type { StreamEntry, StreamId } from '../values.ts';
import { parseCount } from './counts.ts';
import { parseInteger } from './numbers.ts';
import { entryOf, shownEntry } from './stream-entries.ts';
import {
  addPending,
  claimTold,
  consumerAt,
  groupAt,
  groupTold,
  inError,
  pendingAt,
  pendingPlace,
  removePending,
} from './stream-groups.ts';
import { parseId, parseRangeStart, readId, showId } from './stream-ids.ts';

export const streamClaimCommands: readonly ModelCommand[] = [
  { name: 'XCLAIM', arity: -6, write: true, run: (call, args) => claim(call, args) },
  { name: 'XAUTOCLAIM', arity: -6, write: true, run: (call, args) => claimOnwards(call, args) },
];

interface ClaimOptions {
  /** Deliveries of entries that are not pending. */
  readonly isForced: boolean;
  readonly onlyIds: boolean;
  /** When they count as delivered, Unix milliseconds; undefined for now. */
  readonly time: bigint | undefined;
  /** Negative: one more than before. */
  readonly count: bigint;
  readonly last: StreamId;
}

function claim(call: Call, [key, name, consumer, idleText, ...words]: readonly string[]): ModelReply {
  const at = groupAt(call, key!, name!);
  const { stream, group } = at;
  const leastIdle = parseCount(idleText!, 'ERR Invalid min-idle-time argument for XCLAIM');
  const size = words.findIndex((word) => readId(word) === undefined);
  const texts = size < 0 ? words : words.slice(0, size);
  const { isForced, onlyIds, time, count, last } = parseOptions(words.slice(texts.length), call.now);
  let isMoved = last > group.last;
  if (isMoved) group.last = last;
  const shown: ModelReply[] = [];
  for (const text of texts) {
    const id = readId(text)!;
    const entry = entryOf(stream, id);
    let pending = pendingAt(group, id);
    if (entry === undefined) {
      if (pending === undefined) continue;
      call.propagate(claimTold(at, text, pending));
      removePending(group, id);
      isMoved = false;
      continue;
    }
    if (pending === undefined) {
      if (!isForced) continue;
      pending = { id, consumer: consumer!, time: 0, count: 1n };
      addPending(group, pending);
    } else if (leastIdle > 0 && call.now - pending.time < leastIdle) continue;
    consumerAt(group, consumer!, call.now);
    pending.consumer = consumer!;
    pending.time = time === undefined || time < 0n || time > call.now ? call.now : Number(time);
    if (count >= 0n) pending.count = count;
    else if (!onlyIds) pending.count++;
    shown.push(shownClaim(entry, onlyIds));
    call.propagate(claimTold(at, text, pending));
    isMoved = false;
  }
  if (isMoved) call.propagate(groupTold(at));
  return shown;
}

function parseOptions(words: readonly string[], now: number): ClaimOptions {
  let [isForced, onlyIds] = [false, false];
  let time: bigint | undefined;
  let [count, last] = [-1n, 0n];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const option = word.toUpperCase();
    const hasMore = at + 1 < words.length;
    const integer = (): bigint => parseInteger(words[++at]!, `ERR Invalid ${option} option argument for XCLAIM`);
    if (option === 'FORCE') isForced = true;
    else if (option === 'JUSTID') onlyIds = true;
    else if (option === 'IDLE' && hasMore) time = BigInt(now) - integer();
    else if (option === 'TIME' && hasMore) time = integer();
    else if (option === 'RETRYCOUNT' && hasMore) count = integer();
    else if (option === 'LASTID' && hasMore) last = parseId(words[++at]!);
    else throw new Refusal(`ERR Unrecognized XCLAIM option '${inError(word)}'`);
  }
  return { isForced, onlyIds, time, count, last };
}

/** So many deliveries are looked at for each one that may be claimed. */
const attempts = 10;
const endOfCounts = 2n ** 59n;
/** What is kept for more of them is beyond the memory of any machine; smaller counts a machine may refuse too. */
const mostClaims = 2 ** 43;

function claimOnwards(call: Call, [key, name, consumer, idleText, startText, ...words]: readonly string[]): ModelReply {
  const leastIdle = parseCount(idleText!, 'ERR Invalid min-idle-time argument for XAUTOCLAIM');
  const start = parseRangeStart(startText!);
  const { count, onlyIds } = parseOnwardsOptions(words);
  const at = groupAt(call, key!, name!);
  const { stream, group } = at;
  if (count >= mostClaims)
    throw new Refusal('ERR Insufficient memory, failed allocating transient memory, COUNT too high.');
  const { pending } = group;
  const [shown, gone]: [ModelReply[], string[]] = [[], []];
  let place = pendingPlace(pending, start);
  for (let left = count * attempts; left > 0 && shown.length + gone.length < count && place < pending.length; left--) {
    const delivery = pending[place]!;
    const entry = entryOf(stream, delivery.id);
    if (entry === undefined) {
      call.propagate(claimTold(at, showId(delivery.id), delivery));
      pending.splice(place, 1);
      gone.push(showId(delivery.id));
      continue;
    }
    place++;
    if (leastIdle > 0 && call.now - delivery.time < leastIdle) continue;
    consumerAt(group, consumer!, call.now);
    delivery.consumer = consumer!;
    delivery.time = call.now;
    if (!onlyIds) delivery.count++;
    shown.push(shownClaim(entry, onlyIds));
    call.propagate(claimTold(at, showId(delivery.id), delivery));
  }
  return [showId(pending[place]?.id ?? 0n), shown, gone];
}

function parseOnwardsOptions(words: readonly string[]): { readonly count: number; readonly onlyIds: boolean } {
  let count = 100;
  let onlyIds = false;
  for (let at = 0; at < words.length; at++) {
    const option = words[at]!.toUpperCase();
    if (option === 'COUNT' && at + 1 < words.length) {
      const message = 'ERR COUNT must be > 0';
      const given = parseInteger(words[++at]!, message);
      if (given < 1n || given >= endOfCounts) throw new Refusal(message);
      count = Number(given);
    } else if (option === 'JUSTID') onlyIds = true;
    else throw new Refusal(syntaxError);
  }
  return { count, onlyIds };
}

function shownClaim(entry: StreamEntry, onlyIds: boolean): ModelReply {
  return onlyIds ? showId(entry.id) : shownEntry(entry);
}
