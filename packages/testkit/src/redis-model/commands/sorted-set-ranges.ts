/** Ranges of sorted sets, by rank, by score and by name, as commands tell them, and the places that they stand for. */
import { Refusal } from '../reply.ts';
import type { ZsetValue } from '../values.ts';
import { parseCount } from './counts.ts';
import { firstPlace, orderOf } from './sorted-set-order.ts';
import { parseScoreBound, type ScoreBound } from './sorted-set-scores.ts';

export type RangeKind = 'rank' | 'score' | 'lex';

/** A name, or what is below or above all of them. */
type LexBound = 'lowest' | 'highest' | { readonly member: string; readonly isExclusive: boolean };

export type Range =
  | { readonly kind: 'rank'; readonly first: number; readonly last: number }
  | { readonly kind: 'score'; readonly least: ScoreBound; readonly most: ScoreBound }
  | { readonly kind: 'lex'; readonly least: LexBound; readonly most: LexBound };

/** From one place up to, not including, another one. */
export type Places = readonly [from: number, to: number];

const none: Places = [0, 0];

/** @throws Refusal */
export function parseRange(kind: RangeKind, first: string, last: string): Range {
  switch (kind) {
    case 'rank':
      return { kind, first: parseCount(first), last: parseCount(last) };
    case 'score':
      return { kind, least: parseScoreBound(first), most: parseScoreBound(last) };
    case 'lex':
      return { kind, least: parseLexBound(first), most: parseLexBound(last) };
  }
}

/**
 * The places of a range. Ranks of a reverse range count from the end.
 * @param skip - leaves so many out from where the range is begun, not by rank; all of them when it is negative
 */
export function placesOf(zset: ZsetValue, range: Range, isReverse: boolean = false, skip: number = 0): Places {
  switch (range.kind) {
    case 'rank':
      return placesByRank(zset.scores.size, range.first, range.last, isReverse);
    case 'score': {
      const { least, most } = range;
      const scoreOf = (member: string): number => zset.scores.get(member)!;
      const order = orderOf(zset);
      const from = firstPlace(order, (member) => isAtLeast(scoreOf(member), least));
      const to = firstPlace(order, (member) => !isAtMost(scoreOf(member), most));
      return shortened([from, to], isReverse, skip);
    }
    case 'lex':
      return placesByName(zset, range.least, range.most, isReverse, skip);
  }
}

function placesByRank(size: number, first: number, last: number, isReverse: boolean): Places {
  const from = Math.max(0, first < 0 ? size + first : first);
  const to = Math.min(size, (last < 0 ? size + last : last) + 1);
  if (from >= to) return none;
  return isReverse ? [size - to, size - from] : [from, to];
}

function shortened([from, to]: Places, isReverse: boolean, skip: number): Places {
  if (skip < 0 || skip >= to - from) return none;
  return isReverse ? [from, to - skip] : [from + skip, to];
}

/**
 * Where not all scores are the same, members are not in the order of their names, and what a server shows is what its walk
 * finds: from the first that is great enough up to the first that is too great, or the other way. What it skips does not end it.
 */
function placesByName(zset: ZsetValue, least: LexBound, most: LexBound, isReverse: boolean, skip: number): Places {
  const order = orderOf(zset);
  const isEnough = (member: string): boolean => isFromNameOn(member, least);
  const isTooMuch = (member: string): boolean => !isUpToName(member, most);
  const [first, last] = [order[0]!, order.at(-1)!];
  if (!isEnough(last) || isTooMuch(first)) return none;
  if (zset.scores.get(first) === zset.scores.get(last))
    return shortened([firstPlace(order, isEnough), firstPlace(order, isTooMuch)], isReverse, skip);
  const begin = isReverse ? order.findLastIndex((member) => !isTooMuch(member)) : order.findIndex(isEnough);
  if (skip < 0 || !isEnough(order[begin]!) || isTooMuch(order[begin]!)) return none;
  let [from, to] = isReverse ? [begin + 1 - skip, begin + 1 - skip] : [begin + skip, begin + skip];
  if (isReverse) while (from > 0 && isEnough(order[from - 1]!)) from--;
  else while (to < order.length && !isTooMuch(order[to]!)) to++;
  return from < to ? [from, to] : none;
}

function isAtLeast(score: number, { score: least, isExclusive }: ScoreBound): boolean {
  return isExclusive ? score > least : score >= least;
}

function isAtMost(score: number, { score: most, isExclusive }: ScoreBound): boolean {
  return isExclusive ? score < most : score <= most;
}

function isFromNameOn(name: string, least: LexBound): boolean {
  if (typeof least === 'string') return least === 'lowest';
  return least.isExclusive ? name > least.member : name >= least.member;
}

function isUpToName(name: string, most: LexBound): boolean {
  if (typeof most === 'string') return most === 'highest';
  return most.isExclusive ? name < most.member : name <= most.member;
}

function parseLexBound(text: string): LexBound {
  const sign = text[0];
  if (sign === '[' || sign === '(') return { member: text.slice(1), isExclusive: sign === '(' };
  if ((sign !== '-' && sign !== '+') || (text.length > 1 && text[1] !== '\0'))
    throw new Refusal('ERR min or max not valid string range item');
  return sign === '-' ? 'lowest' : 'highest';
}
