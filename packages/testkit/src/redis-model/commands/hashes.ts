/** Commands on hashes. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, ok, Refusal } from '../reply.ts';
import { hashNumberCommands } from './hash-numbers.ts';
import { hashSampleCommands } from './hash-samples.ts';
import { openHash } from './open-values.ts';
import { scanValue } from './scan.ts';

export const hashCommands: readonly ModelCommand[] = [
  ...hashNumberCommands,
  ...hashSampleCommands,
  { name: 'HSET', arity: -4, write: true, run: (call, args) => setAll(call, args, 'hset') },
  {
    name: 'HMSET',
    arity: -4,
    write: true,
    run: (call, args) => {
      setAll(call, args, 'hmset');
      return ok;
    },
  },
  { name: 'HSETNX', arity: 4, write: true, run: setNew },
  { name: 'HDEL', arity: -3, write: true, run: remove },
  {
    name: 'HGET',
    arity: 3,
    write: false,
    run: (call, [key, field]) => call.read(key!, 'hash')?.fields.get(field!) ?? null,
  },
  {
    name: 'HMGET',
    arity: -3,
    write: false,
    run: (call, [key, ...fields]) => {
      const hash = call.read(key!, 'hash');
      return fields.map((field) => hash?.fields.get(field) ?? null);
    },
  },
  {
    name: 'HGETALL',
    arity: 2,
    write: false,
    run: (call, [key]) => {
      const all: string[] = [];
      for (const [field, value] of call.read(key!, 'hash')?.fields ?? []) all.push(field, value);
      return all;
    },
  },
  {
    name: 'HKEYS',
    arity: 2,
    write: false,
    run: (call, [key]) => [...(call.read(key!, 'hash')?.fields.keys() ?? [])],
  },
  {
    name: 'HVALS',
    arity: 2,
    write: false,
    run: (call, [key]) => [...(call.read(key!, 'hash')?.fields.values() ?? [])],
  },
  {
    name: 'HLEN',
    arity: 2,
    write: false,
    run: (call, [key]) => call.read(key!, 'hash')?.fields.size ?? 0,
  },
  {
    name: 'HEXISTS',
    arity: 3,
    write: false,
    run: (call, [key, field]) => Number(call.read(key!, 'hash')?.fields.has(field!) ?? false),
  },
  {
    name: 'HSTRLEN',
    arity: 3,
    write: false,
    run: (call, [key, field]) => call.read(key!, 'hash')?.fields.get(field!)?.length ?? 0,
  },
  {
    name: 'HSCAN',
    arity: -3,
    write: false,
    run: (call, args) =>
      scanValue(call, args, 'hash', ({ fields }, matches, shown) => {
        for (const [field, value] of fields) if (matches(field)) shown.push(field, value);
      }),
  },
];

function setAll(call: Call, args: readonly string[], name: string): ModelReply {
  if (args.length % 2 === 0) throw new Refusal(`ERR wrong number of arguments for '${name}' command`);
  const { fields } = openHash(call, args[0]!);
  const before = fields.size;
  for (let at = 1; at < args.length; at += 2) fields.set(args[at]!, args[at + 1]!);
  call.changed();
  return fields.size - before;
}

function setNew(call: Call, [key, field, value]: readonly string[]): ModelReply {
  const { fields } = openHash(call, key!);
  if (fields.has(field!)) return 0;
  fields.set(field!, value!);
  call.changed();
  return 1;
}

function remove(call: Call, [key, ...fields]: readonly string[]): ModelReply {
  const hash = call.read(key!, 'hash');
  if (hash === undefined) return 0;
  let removed = 0;
  for (const field of fields) if (hash.fields.delete(field)) removed++;
  if (removed === 0) return 0;
  call.tidy(key!);
  call.changed();
  return removed;
}
