/** HRANDFIELD: fields of hashes by chance. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import { oneOf, sampleOf } from './chance.ts';
import { checkSampleOfPairs, parseSampleSize } from './counts.ts';

export const hashSampleCommands: readonly ModelCommand[] = [
  {
    name: 'HRANDFIELD',
    arity: -2,
    write: false,
    run: (call, args) => (args.length === 1 ? oneField(call, args[0]!) : someFields(call, args)),
  },
];

function oneField(call: Call, key: string): ModelReply {
  const hash = call.read(key, 'hash');
  return hash === undefined ? null : oneOf(hash.fields.keys(), hash.fields.size, call.random);
}

function someFields(call: Call, [key, countText, option, ...rest]: readonly string[]): ModelReply {
  const count = parseSampleSize(countText!);
  const withValues = option?.toUpperCase() === 'WITHVALUES';
  if ((option !== undefined && !withValues) || rest.length > 0) throw new Refusal(syntaxError);
  if (withValues) checkSampleOfPairs(countText!);
  const fields = call.read(key!, 'hash')?.fields ?? new Map<string, string>();
  if (fields.size === 0) return [];
  const sample = sampleOf([...fields.entries()], count, call.random);
  return withValues ? sample.flat() : sample.map(([field]) => field);
}
