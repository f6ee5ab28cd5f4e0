/** Commands on sets. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import { differentOnesOf, oneOf, sampleOf } from './chance.ts';
import { parseAtLeast, parseSampleSize } from './counts.ts';
import { openSet } from './open-values.ts';
import { scanValue } from './scan.ts';
import { setOperationCommands } from './set-operations.ts';

export const setCommands: readonly ModelCommand[] = [
  ...setOperationCommands,
  { name: 'SADD', arity: -3, write: true, run: add },
  { name: 'SREM', arity: -3, write: true, run: remove },
  { name: 'SMOVE', arity: 4, write: true, run: move },
  {
    name: 'SPOP',
    arity: -2,
    write: true,
    run: (call, args) => (args.length === 1 ? popOne(call, args[0]!) : popSome(call, args)),
  },
  {
    name: 'SRANDMEMBER',
    arity: -2,
    write: false,
    run: (call, args) => (args.length === 1 ? oneMember(call, args[0]!) : someMembers(call, args)),
  },
  {
    name: 'SISMEMBER',
    arity: 3,
    write: false,
    run: (call, [key, member]) => Number(call.read(key!, 'set')?.members.has(member!) ?? false),
  },
  {
    name: 'SMISMEMBER',
    arity: -3,
    write: false,
    run: (call, [key, ...members]) => {
      const set = call.read(key!, 'set');
      return members.map((member) => Number(set?.members.has(member) ?? false));
    },
  },
  {
    name: 'SMEMBERS',
    arity: 2,
    write: false,
    run: (call, [key]) => [...(call.read(key!, 'set')?.members ?? [])],
  },
  {
    name: 'SCARD',
    arity: 2,
    write: false,
    run: (call, [key]) => call.read(key!, 'set')?.members.size ?? 0,
  },
  {
    name: 'SSCAN',
    arity: -3,
    write: false,
    run: (call, args) =>
      scanValue(call, args, 'set', ({ members }, matches, shown) => {
        for (const member of members) if (matches(member)) shown.push(member);
      }),
  },
];

function add(call: Call, [key, ...added]: readonly string[]): ModelReply {
  const { members } = openSet(call, key!);
  const before = members.size;
  for (const member of added) members.add(member);
  if (members.size > before) call.changed();
  return members.size - before;
}

function remove(call: Call, [key, ...unwanted]: readonly string[]): ModelReply {
  const set = call.read(key!, 'set');
  if (set === undefined) return 0;
  let removed = 0;
  for (const member of unwanted) if (set.members.delete(member)) removed++;
  if (removed === 0) return 0;
  call.tidy(key!);
  call.changed();
  return removed;
}

function move(call: Call, [source, target, member]: readonly string[]): ModelReply {
  const isThere = call.find(source!) !== undefined;
  call.find(target!);
  if (!isThere) return 0;
  const set = call.read(source!, 'set')!;
  const other = call.read(target!, 'set');
  if (set === other || !set.members.has(member!)) return Number(set.members.has(member!));
  set.members.delete(member!);
  call.tidy(source!);
  openSet(call, target!).members.add(member!);
  call.changed();
  return 1;
}

function popOne(call: Call, key: string): ModelReply {
  const set = call.read(key, 'set');
  if (set === undefined) return null;
  const member = oneOf(set.members, set.members.size, call.random);
  set.members.delete(member);
  call.tidy(key);
  call.propagate(['SREM', key, member]);
  return member;
}

/** The members go one by one, all of them at once. */
function popSome(call: Call, [key, countText, ...rest]: readonly string[]): ModelReply {
  if (rest.length > 0) throw new Refusal(syntaxError);
  const count = parseAtLeast(0, countText!);
  const set = call.read(key!, 'set');
  if (set === undefined || count === 0) return [];
  if (count >= set.members.size) {
    call.remove(key!);
    call.propagate(['DEL', key!]);
    return [...set.members];
  }
  const taken = differentOnesOf([...set.members], count, call.random);
  for (const member of taken) set.members.delete(member);
  call.propagate(...taken.map((member) => ['SREM', key!, member]));
  return taken;
}

function oneMember(call: Call, key: string): ModelReply {
  const set = call.read(key, 'set');
  return set === undefined ? null : oneOf(set.members, set.members.size, call.random);
}

function someMembers(call: Call, [key, countText, ...rest]: readonly string[]): ModelReply {
  if (rest.length > 0) throw new Refusal(syntaxError);
  const count = parseSampleSize(countText!);
  const set = call.read(key!, 'set');
  return set === undefined ? [] : sampleOf([...set.members], count, call.random);
}
