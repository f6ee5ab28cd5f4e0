/** Commands that take from the ends of lists. Those that would wait find nothing at once. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import type { ListValue } from '../values.ts';
import { checkTimeout, parseAtLeast } from './counts.ts';
import { parseSide, type Side, sideOf } from './list-sides.ts';

export const listPopCommands: readonly ModelCommand[] = [
  { name: 'LPOP', arity: -2, write: true, run: (call, args) => pop(call, args, 'LEFT') },
  { name: 'RPOP', arity: -2, write: true, run: (call, args) => pop(call, args, 'RIGHT') },
  { name: 'BLPOP', arity: -3, write: true, run: (call, args) => popOfFirst(call, args, 'LEFT') },
  { name: 'BRPOP', arity: -3, write: true, run: (call, args) => popOfFirst(call, args, 'RIGHT') },
  {
    name: 'LMPOP',
    arity: -4,
    write: true,
    run: (call, args) => popMany(call, parseMany(args)),
  },
  {
    name: 'BLMPOP',
    arity: -5,
    write: true,
    run: (call, [timeout, ...args]) => {
      const many = parseMany(args);
      checkTimeout(timeout!);
      return popMany(call, many);
    },
  },
];

function pop(call: Call, args: readonly string[], side: Side): ModelReply {
  const [key, countText] = args;
  const { pop: name, take, takeMany } = sideOf[side];
  if (args.length > 2) throw new Refusal(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
  const count = countText === undefined ? undefined : parseAtLeast(0, countText);
  const list = call.read(key!, 'list');
  if (list === undefined) return null;
  if (count === 0) return [];
  const taken = count === undefined ? take(list.items) : takeMany(list.items, count);
  call.tidy(key!);
  call.changed();
  return taken;
}

function popOfFirst(call: Call, args: readonly string[], side: Side): ModelReply {
  checkTimeout(args.at(-1)!);
  const found = firstOf(call, args.slice(0, -1));
  if (found === undefined) return null;
  const { pop: name, take } = sideOf[side];
  const taken = take(found.list.items);
  call.tidy(found.key);
  call.propagate([name, found.key]);
  return [found.key, taken];
}

interface Many {
  readonly keys: readonly string[];
  readonly side: Side;
  readonly count: number;
}

/** The number of keys, the keys, the side, and perhaps a count. */
function parseMany(args: readonly string[]): Many {
  const size = parseAtLeast(1, args[0]!, 'ERR numkeys should be greater than 0');
  const [sideWord, ...options] = args.slice(size + 1);
  if (sideWord === undefined) throw new Refusal(syntaxError);
  const side = parseSide(sideWord);
  const [option, countText] = options;
  if (option === undefined) return { keys: args.slice(1, size + 1), side, count: 1 };
  if (option.toUpperCase() !== 'COUNT' || countText === undefined) throw new Refusal(syntaxError);
  const count = parseAtLeast(1, countText, 'ERR count should be greater than 0');
  if (options.length > 2) throw new Refusal(syntaxError);
  return { keys: args.slice(1, size + 1), side, count };
}

function popMany(call: Call, { keys, side, count }: Many): ModelReply {
  const found = firstOf(call, keys);
  if (found === undefined) return null;
  const { pop: name, takeMany } = sideOf[side];
  const taken = takeMany(found.list.items, count);
  call.tidy(found.key);
  call.propagate([name, found.key, String(taken.length)]);
  return [found.key, taken];
}

/** The first list that is there. @throws Refusal where a key before it holds something else */
function firstOf(call: Call, keys: readonly string[]): { key: string; list: ListValue } | undefined {
  for (const key of keys) {
    const list = call.read(key, 'list');
    if (list !== undefined) return { key, list };
  }
  return undefined;
}
