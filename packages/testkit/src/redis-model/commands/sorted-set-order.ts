/** What sorted sets hold, and in which order. Everything that changes one goes through here. */
import type { Call } from '../call.ts';
import type { ZsetValue } from '../values.ts';

const packedMembers = 128;
const packedLength = 64;

/** A sorted set of these scores, which it takes over. */
export function zsetOf(scores: Map<string, number>): ZsetValue {
  const zset: ZsetValue = { type: 'zset', scores };
  isLarge(zset);
  return zset;
}

/** A sorted set of these members, added in their order. @param isSized - whether their number was known beforehand */
export function copyMembers(
  from: ReadonlyMap<string, number>,
  members: readonly string[],
  isSized: boolean,
): ZsetValue {
  const zset = zsetOf(new Map());
  zset.isLarge = isSized && members.length > packedMembers;
  for (const member of members) setScore(zset, member, from.get(member)!);
  return zset;
}

/** @throws Refusal */
export function readZset(call: Call, key: string): ZsetValue | undefined {
  const zset = call.read(key, 'zset');
  if (zset !== undefined) isLarge(zset);
  return zset;
}

/** @throws Refusal */
export function openZset(call: Call, key: string): ZsetValue {
  const zset = call.open(key, 'zset', () => zsetOf(new Map()));
  isLarge(zset);
  return zset;
}

/** Stores it in place of whatever the key holds, or removes the key when it is empty; returns its size. */
export function storeZset(call: Call, key: string, zset: ZsetValue): number {
  const { size } = zset.scores;
  if (size > 0) {
    call.find(key);
    call.put(key, zset, -1);
    call.changed();
  } else if (call.drop(key)) call.changed();
  return size;
}

/** The members by score, then by bytes. */
export function orderOf(zset: ZsetValue): readonly string[] {
  zset.order ??= [...zset.scores.keys()].sort((a, b) => compare(zset.scores, a, b));
  return zset.order;
}

/** The first place from which on `isBehind` holds for all; it must hold for none before. */
export function firstPlace(order: readonly string[], isBehind: (member: string) => boolean): number {
  let [from, to] = [0, order.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isBehind(order[middle]!)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** The place of a member, which must be there. */
export function placeOf(zset: ZsetValue, member: string): number {
  const { scores } = zset;
  return firstPlace(orderOf(zset), (other) => compare(scores, other, member) >= 0);
}

export function setScore(zset: ZsetValue, member: string, score: number): void {
  const { scores, order } = zset;
  const isNew = !scores.has(member);
  if (isNew && (scores.size >= packedMembers || member.length > packedLength)) zset.isLarge = true;
  if (order !== undefined && !isNew) order.splice(placeOf(zset, member), 1);
  // This makes no difference to any number but the negative zero.
  scores.set(member, zset.isLarge ? score : score + 0);
  if (order !== undefined) order.splice(placeOf(zset, member), 0, member);
}

/** Whether it was there. */
export function removeMember(zset: ZsetValue, member: string): boolean {
  if (!zset.scores.has(member)) return false;
  zset.order?.splice(placeOf(zset, member), 1);
  return zset.scores.delete(member);
}

/** Removes and returns what is at these places. */
export function removePlaces(zset: ZsetValue, from: number, to: number): [member: string, score: number][] {
  orderOf(zset);
  return zset.order!.splice(from, to - from).map((member) => {
    const score = zset.scores.get(member)!;
    zset.scores.delete(member);
    return [member, score];
  });
}

/** By score, then by bytes. */
function compare(scores: ReadonlyMap<string, number>, a: string, b: string): number {
  return scores.get(a)! - scores.get(b)! || (a < b ? -1 : a > b ? 1 : 0);
}

/** Whether it has outgrown the packed form, which knows no negative zero. It never goes back. */
export function isLarge(zset: ZsetValue): boolean {
  if (zset.isLarge !== undefined) return zset.isLarge;
  const { scores } = zset;
  const isNowLarge = scores.size > packedMembers || [...scores.keys()].some(({ length }) => length > packedLength);
  if (!isNowLarge) for (const [member, score] of scores) if (Object.is(score, -0)) scores.set(member, 0);
  zset.isLarge = isNowLarge;
  return isNowLarge;
}
