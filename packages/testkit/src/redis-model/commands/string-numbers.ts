/** Commands on the numbers in strings. */
import type { Call, ModelCommand } from '../call.ts';
import { integer, type ModelReply, notAFloat, Refusal } from '../reply.ts';
import { addLongDoubles, parseLongDouble, showLongDouble } from './long-double.ts';
import { parseInteger } from './numbers.ts';

const leastInteger = -(2n ** 63n);

export const stringNumberCommands: readonly ModelCommand[] = [
  { name: 'INCR', arity: 2, write: true, run: (call, [key]) => increment(call, key!, 1n) },
  { name: 'DECR', arity: 2, write: true, run: (call, [key]) => increment(call, key!, -1n) },
  { name: 'INCRBY', arity: 3, write: true, run: (call, [key, by]) => increment(call, key!, parseInteger(by!)) },
  {
    name: 'DECRBY',
    arity: 3,
    write: true,
    run: (call, [key, text]) => {
      const by = parseInteger(text!);
      if (by === leastInteger) throw new Refusal('ERR decrement would overflow');
      return increment(call, key!, -by);
    },
  },
  { name: 'INCRBYFLOAT', arity: 3, write: true, run: incrementFloat },
];

function increment(call: Call, key: string, by: bigint): ModelReply {
  const held = call.read(key, 'string');
  const sum = (held === undefined ? 0n : parseInteger(held.text)) + by;
  if (BigInt.asIntN(64, sum) !== sum) throw new Refusal('ERR increment or decrement would overflow');
  if (held === undefined) call.put(key, { type: 'string', text: String(sum) }, -1);
  else held.text = String(sum);
  call.changed();
  return integer(sum);
}

/** Propagated as what came out, so that nobody else has to reckon with fractions. */
function incrementFloat(call: Call, [key, by]: readonly string[]): ModelReply {
  const held = call.read(key!, 'string');
  const value = parseLongDouble(held?.text ?? '0');
  const increment = parseLongDouble(by!);
  if (value === undefined || increment === undefined) throw new Refusal(notAFloat);
  const sum = typeof value === 'string' ? value : addLongDoubles(value, increment);
  if (typeof sum === 'string') throw new Refusal('ERR increment would produce NaN or Infinity');
  const text = showLongDouble(sum);
  if (held === undefined) call.put(key!, { type: 'string', text }, -1);
  else held.text = text;
  call.propagate(['SET', key!, text, 'KEEPTTL']);
  return text;
}
