/** Commands on several sets at once. Missing keys are empty sets. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import { parseAtLeast } from './counts.ts';

type Members = ReadonlySet<string>;
type Operation = (sets: readonly Members[]) => Iterable<string>;

const operations: Readonly<Record<string, Operation>> = { SINTER: intersection, SUNION: union, SDIFF: difference };

const nothing: Members = new Set();

export const setOperationCommands: readonly ModelCommand[] = [
  ...Object.entries(operations).map(
    ([name, combine]): ModelCommand => ({
      ...{ name, arity: -2, write: false },
      run: (call, keys) => [...combine(readSets(call, keys))],
    }),
  ),
  ...Object.entries(operations).map(
    ([name, combine]): ModelCommand => ({
      ...{ name: `${name}STORE`, arity: -3, write: true },
      run: (call, [target, ...keys]) => store(call, target!, new Set(combine(readSets(call, keys)))),
    }),
  ),
  { name: 'SINTERCARD', arity: -3, write: false, run: countIntersection },
];

function readSets(call: Call, keys: readonly string[]): Members[] {
  return keys.map((key) => call.read(key, 'set')?.members ?? nothing);
}

/** Puts a set in place of whatever is there; of an empty one nothing is put. */
function store(call: Call, target: string, members: Set<string>): ModelReply {
  if (members.size > 0) {
    // A key that has expired is told to have gone before it comes again; one that only goes is not.
    call.find(target);
    call.put(target, { type: 'set', members }, -1);
    call.changed();
  } else if (call.drop(target)) call.changed();
  return members.size;
}

function countIntersection(call: Call, [sizeText, ...args]: readonly string[]): ModelReply {
  const size = parseAtLeast(1, sizeText!, 'ERR numkeys should be greater than 0');
  if (size > args.length) throw new Refusal("ERR Number of keys can't be greater than number of args");
  const limit = parseLimit(args.slice(size));
  let count = 0;
  for (const _ of intersection(readSets(call, args.slice(0, size)))) if (++count === limit) break;
  return count;
}

/** 0 where there is none. */
function parseLimit(options: readonly string[]): number {
  let limit = 0;
  for (let at = 0; at < options.length; at += 2) {
    const value = options[at + 1];
    if (options[at]!.toUpperCase() !== 'LIMIT' || value === undefined) throw new Refusal(syntaxError);
    limit = parseAtLeast(0, value, "ERR LIMIT can't be negative");
  }
  return limit;
}

/** In the order of the smallest set. */
function* intersection(sets: readonly Members[]): Generator<string> {
  const smallest = sets.reduce((least, set) => (set.size < least.size ? set : least));
  for (const member of smallest) if (sets.every((set) => set.has(member))) yield member;
}

function union(sets: readonly Members[]): Members {
  const all = new Set<string>();
  for (const set of sets) for (const member of set) all.add(member);
  return all;
}

function* difference([first, ...others]: readonly Members[]): Generator<string> {
  for (const member of first!) if (!others.some((other) => other.has(member))) yield member;
}
