/** Commands on ranges of sorted sets: showing, counting, storing and removing them. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import type { ZsetValue } from '../values.ts';
import { parseCount } from './counts.ts';
import { copyMembers, orderOf, readZset, removePlaces, storeZset } from './sorted-set-order.ts';
import { parseRange, placesOf, type Range, type RangeKind } from './sorted-set-ranges.ts';
import { showScore } from './sorted-set-scores.ts';

export const sortedSetRangeCommands: readonly ModelCommand[] = [
  { name: 'ZRANGE', arity: -4, write: false, run: (call, args) => show(call, args, {}) },
  { name: 'ZREVRANGE', arity: -4, write: false, run: (call, args) => show(call, args, reverse('rank')) },
  { name: 'ZRANGEBYSCORE', arity: -4, write: false, run: (call, args) => show(call, args, forward('score')) },
  { name: 'ZREVRANGEBYSCORE', arity: -4, write: false, run: (call, args) => show(call, args, reverse('score')) },
  { name: 'ZRANGEBYLEX', arity: -4, write: false, run: (call, args) => show(call, args, forward('lex')) },
  { name: 'ZREVRANGEBYLEX', arity: -4, write: false, run: (call, args) => show(call, args, reverse('lex')) },
  {
    name: 'ZRANGESTORE',
    arity: -5,
    write: true,
    run: (call, [target, source, ...words]) => {
      const query = parseQuery(words, {}, true);
      const zset = readZset(call, source!);
      const chosen = zset === undefined ? [] : membersOf(zset, query);
      return storeZset(call, target!, copyMembers(zset?.scores ?? new Map(), chosen, query.range.kind === 'rank'));
    },
  },
  { name: 'ZCOUNT', arity: 4, write: false, run: (call, args) => count(call, args, 'score') },
  { name: 'ZLEXCOUNT', arity: 4, write: false, run: (call, args) => count(call, args, 'lex') },
  { name: 'ZREMRANGEBYRANK', arity: 4, write: true, run: (call, args) => remove(call, args, 'rank') },
  { name: 'ZREMRANGEBYSCORE', arity: 4, write: true, run: (call, args) => remove(call, args, 'score') },
  { name: 'ZREMRANGEBYLEX', arity: 4, write: true, run: (call, args) => remove(call, args, 'lex') },
];

/** What a command's name tells of its range; options tell the rest. */
interface Named {
  readonly kind?: RangeKind;
  readonly isReverse?: boolean;
}

interface Query {
  readonly range: Range;
  readonly isReverse: boolean;
  readonly withScores: boolean;
  readonly skip: number;
  /** Negative when there is no limit. */
  readonly limit: number;
}

function forward(kind: RangeKind): Named {
  return { kind, isReverse: false };
}

function reverse(kind: RangeKind): Named {
  return { kind, isReverse: true };
}

/** @param words - the two ends, then the options */
function parseQuery([first, last, ...options]: readonly string[], named: Named, isStored: boolean): Query {
  let { kind, isReverse } = named;
  let withScores = false;
  let [skip, limit] = [0, -1];
  for (let at = 0; at < options.length; at++) {
    const option = options[at]!.toUpperCase();
    if (!isStored && option === 'WITHSCORES') withScores = true;
    else if (option === 'LIMIT' && at + 2 < options.length) {
      skip = parseCount(options[++at]!);
      limit = parseCount(options[++at]!);
    } else if (isReverse === undefined && option === 'REV') isReverse = true;
    else if (kind === undefined && option === 'BYLEX') kind = 'lex';
    else if (kind === undefined && option === 'BYSCORE') kind = 'score';
    else throw new Refusal(syntaxError);
  }
  kind ??= 'rank';
  isReverse ??= false;
  if (limit !== -1 && kind === 'rank')
    throw new Refusal('ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX');
  if (withScores && kind === 'lex')
    throw new Refusal('ERR syntax error, WITHSCORES not supported in combination with BYLEX');
  const isSwapped = isReverse && kind !== 'rank';
  const range = isSwapped ? parseRange(kind, last!, first!) : parseRange(kind, first!, last!);
  return { range, isReverse, withScores, skip, limit };
}

function show(call: Call, [key, ...words]: readonly string[], named: Named): ModelReply {
  const query = parseQuery(words, named, false);
  const zset = readZset(call, key!);
  if (zset === undefined) return [];
  const members = membersOf(zset, query);
  if (!query.withScores) return members;
  return members.flatMap((member) => [member, showScore(zset.scores.get(member)!)]);
}

/** The members that are asked for, in the order asked for. */
function membersOf(zset: ZsetValue, { range, isReverse, skip, limit }: Query): string[] {
  let [from, to] = placesOf(zset, range, isReverse, skip);
  if (limit >= 0 && isReverse) from = Math.max(from, to - limit);
  else if (limit >= 0) to = Math.min(to, from + limit);
  const members = orderOf(zset).slice(from, to);
  return isReverse ? members.reverse() : members;
}

function count(call: Call, [key, first, last]: readonly string[], kind: RangeKind): number {
  const range = parseRange(kind, first!, last!);
  const zset = readZset(call, key!);
  if (zset === undefined) return 0;
  const [from, to] = placesOf(zset, range);
  return to - from;
}

function remove(call: Call, [key, first, last]: readonly string[], kind: RangeKind): number {
  const range = parseRange(kind, first!, last!);
  const zset = readZset(call, key!);
  if (zset === undefined) return 0;
  const removed = removePlaces(zset, ...placesOf(zset, range));
  if (removed.length === 0) return 0;
  call.tidy(key!);
  call.changed();
  return removed.length;
}
