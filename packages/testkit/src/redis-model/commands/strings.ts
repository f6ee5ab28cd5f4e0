/** Commands on strings as a whole and on parts of them. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, wrongArity } from '../reply.ts';
import { parseCount } from './counts.ts';
import { stringNumberCommands } from './string-numbers.ts';
import { stringSetCommands } from './string-sets.ts';

/** What a client may send at once, and so the length of the longest string. */
const mostBytes = 512 * 1024 * 1024;

export const stringCommands: readonly ModelCommand[] = [
  ...stringSetCommands,
  ...stringNumberCommands,
  {
    name: 'GET',
    arity: 2,
    write: false,
    run: (call, [key]) => call.read(key!, 'string')?.text ?? null,
  },
  {
    name: 'MGET',
    arity: -2,
    write: false,
    run: (call, keys) =>
      keys.map((key) => {
        const value = call.find(key)?.value;
        return value?.type === 'string' ? value.text : null;
      }),
  },
  { name: 'MSET', arity: -3, write: true, run: (call, pairs) => setAll(call, 'MSET', pairs, { status: 'OK' }) },
  {
    name: 'MSETNX',
    arity: -3,
    write: true,
    run: (call, pairs) => {
      if (pairs.length % 2 === 0 && pairs.some((key, place) => place % 2 === 0 && call.find(key) !== undefined))
        return 0;
      return setAll(call, 'MSETNX', pairs, 1);
    },
  },
  {
    name: 'STRLEN',
    arity: 2,
    write: false,
    run: (call, [key]) => call.read(key!, 'string')?.text.length ?? 0,
  },
  {
    name: 'APPEND',
    arity: 3,
    write: true,
    run: (call, [key, text]) => {
      const held = call.read(key!, 'string');
      if (held === undefined) call.put(key!, { type: 'string', text: text! }, -1);
      else {
        checkLength(held.text.length + text!.length);
        held.text += text!;
      }
      call.changed();
      return (held?.text ?? text!).length;
    },
  },
  { name: 'GETRANGE', arity: 4, write: false, run: getRange },
  { name: 'SETRANGE', arity: 4, write: true, run: setRange },
];

function setAll(call: Call, name: string, pairs: readonly string[], reply: ModelReply): ModelReply {
  if (pairs.length % 2 === 1) throw new Refusal(wrongArity(name));
  for (let at = 0; at < pairs.length; at += 2) {
    call.find(pairs[at]!);
    call.put(pairs[at]!, { type: 'string', text: pairs[at + 1]! }, -1);
  }
  call.changed();
  return reply;
}

function getRange(call: Call, [key, start, end]: readonly string[]): ModelReply {
  const [first, last] = [parseCount(start!), parseCount(end!)];
  const text = call.read(key!, 'string')?.text ?? '';
  if (first < 0 && last < 0 && first > last) return '';
  const fromStart = (place: number): number => Math.max(0, place < 0 ? place + text.length : place);
  return text.slice(fromStart(first), fromStart(last) + 1);
}

function setRange(call: Call, [key, offset, part]: readonly string[]): ModelReply {
  const start = parseCount(offset!);
  if (start < 0) throw new Refusal('ERR offset is out of range');
  const held = call.read(key!, 'string');
  const text = held?.text ?? '';
  if (part === '') return text.length;
  checkLength(start + part!.length);
  const changed = text.slice(0, start).padEnd(start, '\0') + part + text.slice(start + part!.length);
  if (held === undefined) call.put(key!, { type: 'string', text: changed }, -1);
  else held.text = changed;
  call.changed();
  return changed.length;
}

/** @throws Refusal */
function checkLength(bytes: number): void {
  if (bytes > mostBytes) throw new Refusal('ERR string exceeds maximum allowed size (proto-max-bulk-len)');
}
