/** Commands on sorted sets: members and their scores, one by one. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import { openZset, placeOf, readZset, removeMember, setScore } from './sorted-set-order.ts';
import { sortedSetPopCommands } from './sorted-set-pops.ts';
import { sortedSetRangeCommands } from './sorted-set-range-commands.ts';
import { sortedSetScanCommands } from './sorted-set-scans.ts';
import { parseScore, showScore } from './sorted-set-scores.ts';
import { sortedSetUnionCommands } from './sorted-set-unions.ts';

export const sortedSetCommands: readonly ModelCommand[] = [
  { name: 'ZADD', arity: -4, write: true, run: (call, [key, ...words]) => add(call, key!, words) },
  {
    name: 'ZINCRBY',
    arity: 4,
    write: true,
    run: (call, [key, by, member]) => shown(addScores(call, key!, [[member!, parseScore(by!)]], incrementing).last),
  },
  {
    name: 'ZREM',
    arity: -3,
    write: true,
    run: (call, [key, ...members]) => {
      const zset = readZset(call, key!);
      if (zset === undefined) return 0;
      const removed = members.filter((member) => removeMember(zset, member)).length;
      call.tidy(key!);
      if (removed > 0) call.changed();
      return removed;
    },
  },
  {
    name: 'ZSCORE',
    arity: 3,
    write: false,
    run: (call, [key, member]) => shown(readZset(call, key!)?.scores.get(member!)),
  },
  {
    name: 'ZMSCORE',
    arity: -3,
    write: false,
    run: (call, [key, ...members]) => {
      const scores = readZset(call, key!)?.scores;
      return members.map((member) => shown(scores?.get(member)));
    },
  },
  {
    name: 'ZCARD',
    arity: 2,
    write: false,
    run: (call, [key]) => readZset(call, key!)?.scores.size ?? 0,
  },
  {
    name: 'ZRANK',
    arity: 3,
    write: false,
    run: (call, [key, member]) => {
      const zset = readZset(call, key!);
      return zset?.scores.has(member!) ? placeOf(zset, member!) : null;
    },
  },
  {
    name: 'ZREVRANK',
    arity: 3,
    write: false,
    run: (call, [key, member]) => {
      const zset = readZset(call, key!);
      return zset?.scores.has(member!) ? zset.scores.size - 1 - placeOf(zset, member!) : null;
    },
  },
  ...[...sortedSetRangeCommands, ...sortedSetUnionCommands, ...sortedSetPopCommands, ...sortedSetScanCommands],
];

const addOptions: ReadonlySet<string> = new Set(['NX', 'XX', 'GT', 'LT', 'CH', 'INCR']);
const incrementing: ReadonlySet<string> = new Set(['INCR']);

/** @param words - the options, then scores and members in turn */
function add(call: Call, key: string, words: readonly string[]): ModelReply {
  const options = new Set<string>();
  let at = 0;
  for (; at < words.length; at++) {
    const option = words[at]!.toUpperCase();
    if (!addOptions.has(option)) break;
    options.add(option);
  }
  if (at === words.length || (words.length - at) % 2 !== 0) throw new Refusal(syntaxError);
  checkOptions(options, (words.length - at) / 2);
  const pairs: [member: string, score: number][] = [];
  for (; at < words.length; at += 2) pairs.push([words[at + 1]!, parseScore(words[at]!)]);
  const { added, updated, last } = addScores(call, key, pairs, options);
  if (options.has('INCR')) return shown(last);
  return options.has('CH') ? added + updated : added;
}

function checkOptions(options: ReadonlySet<string>, pairs: number): void {
  const has = (option: string): number => Number(options.has(option));
  if (has('NX') + has('XX') > 1) throw new Refusal('ERR XX and NX options at the same time are not compatible');
  if (has('NX') + has('GT') + has('LT') > 1)
    throw new Refusal('ERR GT, LT, and/or NX options at the same time are not compatible');
  if (has('INCR') && pairs > 1) throw new Refusal('ERR INCR option supports a single increment-element pair');
}

interface Addition {
  readonly added: number;
  readonly updated: number;
  /** The score that the last member was to have; undefined when the options forbade it. */
  readonly last: number | undefined;
}

function addScores(
  call: Call,
  key: string,
  pairs: readonly (readonly [member: string, score: number])[],
  options: ReadonlySet<string>,
): Addition {
  const [isUpdate, isIncrement] = [options.has('XX'), options.has('INCR')];
  const zset = isUpdate ? readZset(call, key) : openZset(call, key);
  let [added, updated] = [0, 0];
  let last: number | undefined;
  for (const [member, given] of zset === undefined ? [] : pairs) {
    const held = zset!.scores.get(member);
    const score = isIncrement && held !== undefined ? held + given : given;
    if (Number.isNaN(score)) throw new Refusal('ERR resulting score is not a number (NaN)');
    last = isAllowed(options, held, score) ? score : undefined;
    if (last === undefined || score === held) continue;
    setScore(zset!, member, score);
    if (held === undefined) added++;
    else updated++;
  }
  if (added + updated > 0) call.changed();
  return { added, updated, last };
}

function isAllowed(options: ReadonlySet<string>, held: number | undefined, score: number): boolean {
  if (held === undefined) return !options.has('XX');
  return !(options.has('NX') || (options.has('GT') && score <= held) || (options.has('LT') && score >= held));
}

function shown(score: number | undefined): string | null {
  return score === undefined ? null : showScore(score);
}
