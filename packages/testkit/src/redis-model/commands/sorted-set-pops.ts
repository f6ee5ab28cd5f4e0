/** Commands that take from the ends of sorted sets. Those that would wait find nothing at once. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import type { ZsetValue } from '../values.ts';
import { checkTimeout, parseAtLeast } from './counts.ts';
import { readZset, removePlaces } from './sorted-set-order.ts';
import { showScore } from './sorted-set-scores.ts';

type End = 'MIN' | 'MAX';

export const sortedSetPopCommands: readonly ModelCommand[] = [
  ...(['MIN', 'MAX'] as const).flatMap((end): ModelCommand[] => [
    { name: `ZPOP${end}`, arity: -2, write: true, run: (call, args) => pop(call, args, end) },
    { name: `BZPOP${end}`, arity: -3, write: true, run: (call, args) => popOfFirst(call, args, end) },
  ]),
  { name: 'ZMPOP', arity: -4, write: true, run: (call, args) => popMany(call, parseMany(args)) },
  {
    name: 'BZMPOP',
    arity: -5,
    write: true,
    run: (call, [timeout, ...args]) => {
      const many = parseMany(args);
      checkTimeout(timeout!);
      return popMany(call, many);
    },
  },
];

function pop(call: Call, args: readonly string[], end: End): ModelReply {
  const [key, countText] = args;
  if (args.length > 2) throw new Refusal(syntaxError);
  const count = countText === undefined ? 1 : parseAtLeast(0, countText);
  const zset = readZset(call, key!);
  if (zset === undefined || count === 0) return [];
  const taken = take(call, { key: key!, zset }, end, count);
  call.changed();
  return taken.flat();
}

function popOfFirst(call: Call, args: readonly string[], end: End): ModelReply {
  checkTimeout(args.at(-1)!);
  const found = firstOf(call, args.slice(0, -1));
  if (found === undefined) return null;
  const [taken] = take(call, found, end, 1);
  call.propagate([`ZPOP${end}`, found.key]);
  return [found.key, ...taken!];
}

interface Many {
  readonly keys: readonly string[];
  readonly end: End;
  readonly count: number;
}

/** The number of keys, the keys, the end, and perhaps a count. */
function parseMany(args: readonly string[]): Many {
  const size = parseAtLeast(1, args[0]!, 'ERR numkeys should be greater than 0');
  const [endWord = '', ...options] = args.slice(size + 1);
  const end = endWord.toUpperCase();
  if (end !== 'MIN' && end !== 'MAX') throw new Refusal(syntaxError);
  const keys = args.slice(1, size + 1);
  const [option, countText] = options;
  if (option === undefined) return { keys, end, count: 1 };
  if (option.toUpperCase() !== 'COUNT' || countText === undefined) throw new Refusal(syntaxError);
  const count = parseAtLeast(1, countText, 'ERR count should be greater than 0');
  if (options.length > 2) throw new Refusal(syntaxError);
  return { keys, end, count };
}

function popMany(call: Call, { keys, end, count }: Many): ModelReply {
  const found = firstOf(call, keys);
  if (found === undefined) return null;
  const taken = take(call, found, end, count);
  call.propagate([`ZPOP${end}`, found.key, String(taken.length)]);
  return [found.key, taken];
}

interface Found {
  readonly key: string;
  readonly zset: ZsetValue;
}

/** The first sorted set that is there. @throws Refusal where a key before it holds something else */
function firstOf(call: Call, keys: readonly string[]): Found | undefined {
  for (const key of keys) {
    const zset = readZset(call, key);
    if (zset !== undefined) return { key, zset };
  }
  return undefined;
}

/** Up to so many members with their scores, from one end on. */
function take(call: Call, { key, zset }: Found, end: End, count: number): [member: string, score: string][] {
  const { size } = zset.scores;
  const removed = end === 'MIN' ? removePlaces(zset, 0, count) : removePlaces(zset, Math.max(0, size - count), size);
  call.tidy(key);
  if (end === 'MAX') removed.reverse();
  return removed.map(([member, score]) => [member, showScore(score)]);
}
