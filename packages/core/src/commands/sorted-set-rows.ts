/**
 * Sorted sets: a score register a member. Increments by integers are counted.
 *
 * What the members held decided what ZADD with NX, XX, GT, LT or INCR did, and what an increment by a fraction made: their
 * scores are read back. So is a score that Redis can read and we cannot.
 */
import { argumentCount, argumentText, type Command } from '../resp/command.ts';
import { allArguments, scoreArgument, scoreOf } from './arguments.ts';
import { type CommandRows, type Translate, unread } from './command-row.ts';
import { countedAt, firstKey, untilTimeout } from './key-spec.ts';

type Scores = (readonly [member: string, score: number | null])[];

const conditions: ReadonlySet<string> = new Set(['NX', 'XX', 'GT', 'LT']);

/** Bytes from here on may begin a flag; those before begin a number. */
const firstLetter = 0x41;

const add: Translate = (command, unit) => {
  const startsWithFlag = command.bytes[command.spans[4]!]! >= firstLetter;
  return startsWithFlag ? addFlagged(command, unit) : addScores(command, unit, 2);
};

const addFlagged: Translate = (command, unit) => {
  let conditional = false;
  let increments = false;
  let i = 2;
  const count = argumentCount(command);
  for (; i < count; i++) {
    const flag = argumentText(command, i).toUpperCase();
    if (conditions.has(flag)) conditional = true;
    else if (flag === 'INCR') increments = true;
    else if (flag !== 'CH') break;
  }
  if (!conditional && !increments) return addScores(command, unit, i);
  if (i === count || (count - i) % 2 !== 0 || (increments && count - i !== 2)) return false;
  if (increments && !conditional) return increment(command, unit, i);
  if (increments) unit.scores(argumentText(command, 1), [[argumentText(command, i + 1), null]]);
  else unit.scores(argumentText(command, 1), pairsFrom(command, i));
  return true;
};

/** Scores and members from argument `first` on, written whatever was there. */
function addScores(command: Command, unit: Parameters<Translate>[1], first: number): boolean {
  const count = argumentCount(command);
  if (first === count || (count - first) % 2 !== 0) return false;
  const key = argumentText(command, 1);
  const scores: number[] = [];
  for (let i = first; i < count; i += 2) {
    const score = scoreArgument(command, i);
    if (score === undefined) {
      unit.scores(key, pairsFrom(command, first));
      return true;
    }
    scores.push(score);
  }
  for (let n = 0; n < scores.length; n++) unit.score(key, argumentText(command, first + 2 * n + 1), scores[n]!);
  return true;
}

function pairsFrom(command: Command, first: number): Scores {
  const pairs: Scores = [];
  for (let i = first; i < argumentCount(command); i += 2)
    pairs.push([argumentText(command, i + 1), scoreArgument(command, i) ?? null]);
  return pairs;
}

/** An increment by argument `i` of the member behind it. */
function increment(command: Command, unit: Parameters<Translate>[1], i: number): boolean {
  const by = scoreArgument(command, i);
  const key = argumentText(command, 1);
  const member = argumentText(command, i + 1);
  if (by !== undefined && isCounted(by)) unit.count('zset', key, member, BigInt(by));
  else unit.scores(key, [[member, null]]);
  return true;
}

const remove: Translate = (command, unit) => {
  const key = argumentText(command, 1);
  for (let i = 2; i < argumentCount(command); i++) unit.score(key, argumentText(command, i), null);
  return true;
};

const isScoreLimit = (text: string): boolean => scoreOf(text.startsWith('(') ? text.slice(1) : text) !== undefined;
const isLexLimit = (text: string): boolean =>
  text === '-' || text === '+' || text.startsWith('[') || text.startsWith('(');

const removeRange =
  (by: 'score' | 'lex', isLimit: (text: string) => boolean): Translate =>
  (command, unit) => {
    const [min, max] = [argumentText(command, 2), argumentText(command, 3)];
    if (!isLimit(min) || !isLimit(max)) return false;
    unit.range(argumentText(command, 1), by, min, max);
    return true;
  };

const pop: Translate = (command, unit) => {
  unit.guarded('zset', argumentText(command, 1), allArguments(command), false);
  return true;
};

const popRewritten = { family: 'pop', translate: unread, arrives: '`ZPOPMIN` or `ZPOPMAX`' } as const;

export const sortedSetRows: CommandRows = {
  ZADD: {
    ...{ family: 'score', keys: firstKey, least: 4, translate: add },
    note: 'With NX, XX, GT or LT the scores that it did write count; the condition is not decided again elsewhere. With INCR it is a `ZINCRBY`.',
  },
  GEOADD: { family: 'score', keys: firstKey, least: 5, translate: unread, arrives: '`ZADD`' },
  ZREM: { family: 'score', keys: firstKey, least: 3, translate: remove },
  ZINCRBY: {
    ...{ family: 'counter', keys: firstKey, least: 4, translate: (command, unit) => increment(command, unit, 2) },
    note: 'By a fraction, or from a score that is not an integer below 2^53: the resulting score, the newest wins.',
  },
  ZREMRANGEBYSCORE: { family: 'range', keys: firstKey, least: 4, translate: removeRange('score', isScoreLimit) },
  ZREMRANGEBYLEX: { family: 'range', keys: firstKey, least: 4, translate: removeRange('lex', isLexLimit) },
  ZREMRANGEBYRANK: { family: 'pop', keys: firstKey, least: 4, translate: pop },
  ZPOPMIN: { family: 'pop', keys: firstKey, least: 2, translate: pop },
  ZPOPMAX: { family: 'pop', keys: firstKey, least: 2, translate: pop },
  BZPOPMIN: { ...popRewritten, keys: untilTimeout, least: 3 },
  BZPOPMAX: { ...popRewritten, keys: untilTimeout, least: 3 },
  ZMPOP: { ...popRewritten, keys: countedAt(1), least: 4 },
  BZMPOP: { ...popRewritten, keys: countedAt(2), least: 5 },
};

/** Whether a score is counted: an integer that doubles hold exactly, and not the zero that is none when it is added. */
function isCounted(score: number): boolean {
  return Number.isSafeInteger(score) && !Object.is(score, -0);
}
