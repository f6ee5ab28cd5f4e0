/**
 * Sorted sets: a score register a member. Increments by integers are counted.
 *
 * ZADD with NX, XX, GT, LT or INCR, and increments by fractions, depend on what the members held: not translated here.
 */
import { argumentCount, argumentText, type Command } from '../resp/command.ts';
import { scoreArgument } from './arguments.ts';
import type { CommandRows } from './command-row.ts';

/** Index of the first score; 0 when a flag makes the effect depend on the members' state. */
function firstScore(command: Command): number {
  for (let i = 2; i < argumentCount(command); i++) {
    const flag = argumentText(command, i).toUpperCase();
    if (flag === 'NX' || flag === 'XX' || flag === 'GT' || flag === 'LT' || flag === 'INCR') return 0;
    if (flag !== 'CH') return i;
  }
  return 0;
}

export const sortedSetRows: CommandRows = {
  ZADD: (command, unit) => {
    const first = firstScore(command);
    if (first === 0) return false;
    const scores: number[] = [];
    const count = argumentCount(command);
    for (let i = first; i + 1 < count; i += 2) {
      const score = scoreArgument(command, i);
      if (score === undefined) return false;
      scores.push(score);
    }
    const key = argumentText(command, 1);
    scores.forEach((score, n) => {
      unit.score(key, argumentText(command, first + 2 * n + 1), score);
    });
    return true;
  },
  ZREM: (command, unit) => {
    const key = argumentText(command, 1);
    for (let i = 2; i < argumentCount(command); i++) unit.score(key, argumentText(command, i), null);
    return true;
  },
  ZINCRBY: (command, unit) => {
    const by = scoreArgument(command, 2);
    if (by === undefined || !Number.isSafeInteger(by)) return false;
    unit.count('zset', argumentText(command, 1), argumentText(command, 3), BigInt(by));
    return true;
  },
};
