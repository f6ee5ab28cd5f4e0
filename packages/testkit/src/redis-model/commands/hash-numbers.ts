/** Commands on numbers in fields of hashes. */
import type { Call, ModelCommand } from '../call.ts';
import { integer, type ModelReply, notAFloat, Refusal } from '../reply.ts';
import { addLongDoubles, parseLongDouble, showLongDouble } from './long-double.ts';
import { parseInteger } from './numbers.ts';
import { openHash } from './open-values.ts';

export const hashNumberCommands: readonly ModelCommand[] = [
  { name: 'HINCRBY', arity: 4, write: true, run: increment },
  { name: 'HINCRBYFLOAT', arity: 4, write: true, run: incrementFloat },
];

function increment(call: Call, [key, field, byText]: readonly string[]): ModelReply {
  const by = parseInteger(byText!);
  const held = call.read(key!, 'hash')?.fields.get(field!) ?? '0';
  const sum = parseInteger(held, 'ERR hash value is not an integer') + by;
  if (BigInt.asIntN(64, sum) !== sum) throw new Refusal('ERR increment or decrement would overflow');
  openHash(call, key!).fields.set(field!, String(sum));
  call.changed();
  return integer(sum);
}

function incrementFloat(call: Call, [key, field, byText]: readonly string[]): ModelReply {
  const by = parseLongDouble(byText!);
  if (by === undefined) throw new Refusal(notAFloat);
  if (typeof by === 'string') throw new Refusal('ERR value is NaN or Infinity');
  const held = parseLongDouble(call.read(key!, 'hash')?.fields.get(field!) ?? '0');
  if (held === undefined) throw new Refusal('ERR hash value is not a float');
  const sum = addLongDoubles(held, by);
  if (typeof sum === 'string') throw new Refusal('ERR increment would produce NaN or Infinity');
  const shown = showLongDouble(sum);
  openHash(call, key!).fields.set(field!, shown);
  call.propagate(['HSET', key!, field!, shown]);
  return shown;
}
