/** Commands that look at members of sorted sets in no order: by chance, or by and by. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import { sampleOf } from './chance.ts';
import { parseInteger } from './numbers.ts';
import { scanValue } from './scan.ts';
import { isLarge, orderOf, readZset } from './sorted-set-order.ts';
import { showPackedScore, showScore } from './sorted-set-scores.ts';

export const sortedSetScanCommands: readonly ModelCommand[] = [
  { name: 'ZRANDMEMBER', arity: -2, write: false, run: (call, args) => lookAtSome(call, args) },
  {
    name: 'ZSCAN',
    arity: -3,
    write: false,
    run: (call, args) =>
      scanValue(call, args, 'zset', (zset, matches, shown) => {
        const show = isLarge(zset) ? showScore : showPackedScore;
        for (const member of orderOf(zset)) if (matches(member)) shown.push(member, show(zset.scores.get(member)!));
      }),
  },
];

/** Counts are less than this in either direction, or less than half of it when scores are wanted. */
const endOfCounts = 2n ** 63n;

function lookAtSome(call: Call, args: readonly string[]): ModelReply {
  const [key, countText, option] = args;
  if (countText === undefined) {
    const zset = readZset(call, key!);
    return zset === undefined ? null : sampleOf([...orderOf(zset)], -1, call.random)[0]!;
  }
  const count = parseInteger(countText);
  if (count === -endOfCounts)
    throw new Refusal(`ERR value is out of range, value must between ${1n - endOfCounts} and ${endOfCounts - 1n}`);
  const withScores = option?.toUpperCase() === 'WITHSCORES';
  if (args.length > 3 || (option !== undefined && !withScores)) throw new Refusal(syntaxError);
  const isTooMany = (count < 0n ? -count : count) >= endOfCounts / 2n;
  if (withScores && isTooMany) throw new Refusal('ERR value is out of range');
  const zset = readZset(call, key!);
  if (zset === undefined) return [];
  const chosen = sampleOf(orderOf(zset).toReversed(), Number(count), call.random);
  return withScores ? chosen.flatMap((member) => [member, showScore(zset.scores.get(member)!)]) : chosen;
}
