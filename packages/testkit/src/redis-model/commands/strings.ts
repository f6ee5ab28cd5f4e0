/** Commands on strings as a whole, and on their numbers. */
import type { Call, ModelCommand } from '../call.ts';
import { integer, type ModelReply, Refusal } from '../reply.ts';
import { parseInteger } from './numbers.ts';

export const stringCommands: readonly ModelCommand[] = [
  {
    name: 'GET',
    arity: 2,
    write: false,
    run: (call, [key]) => call.read(key!, 'string')?.text ?? null,
  },
  { name: 'INCR', arity: 2, write: true, run: (call, [key]) => increment(call, key!, 1n) },
  { name: 'DECR', arity: 2, write: true, run: (call, [key]) => increment(call, key!, -1n) },
  { name: 'INCRBY', arity: 3, write: true, run: (call, [key, by]) => increment(call, key!, parseInteger(by!)) },
];

function increment(call: Call, key: string, by: bigint): ModelReply {
  const held = call.read(key, 'string');
  const sum = (held === undefined ? 0n : parseInteger(held.text)) + by;
  if (BigInt.asIntN(64, sum) !== sum) throw new Refusal('ERR increment or decrement would overflow');
  if (held === undefined) call.put(key, { type: 'string', text: String(sum) });
  else held.text = String(sum);
  call.changed();
  return integer(sum);
}
