/** What is found to be a conflict, over real commands at sites that cannot hear each other for a while. */
import { describe, expect, it } from 'vitest';
import { Mesh, type MeshSite, type Step } from '../../test-support/mesh.ts';
import { toByteString } from '../bytes/byte-string.ts';
import { type Discarded, discardedBytes } from './conflict.ts';

const write = (site: number, ...commands: string[]): Step => ({
  ...{ do: 'write', site },
  unit: commands.map((command) => ({ db: 0, args: command.split(' ') })),
});

const told = (discarded: Discarded): string => {
  if (discarded === null) return 'removal';
  const bytes = discardedBytes(discarded);
  return bytes === undefined ? '?' : toByteString(bytes);
};

/** `kind key[cell]: winning site over losing site, what is discarded`. */
const linesOf = (site: MeshSite): string[] =>
  site.conflicts
    .map(
      ({ kind, key, cell, winner, loser, discarded, moved }) =>
        `${kind} ${key}[${cell}]: ${winner.priority} over ${loser.priority}, ${moved === undefined ? told(discarded) : 'moved'}`,
    )
    .sort();

/** Commands of two sites that have heard of what both did before, and not of each other; the second site's are newer. */
function meet(before: readonly string[], first: readonly string[], second: readonly string[]): Mesh {
  const mesh = new Mesh(2, false);
  for (const command of before) mesh.step(write(0, command));
  mesh.settle();
  for (const command of first) mesh.step(write(0, command));
  mesh.step({ do: 'wait', site: 1, ms: 10 });
  for (const command of second) mesh.step(write(1, command));
  mesh.settle();
  return mesh;
}

/** By what happened: what both sites have on record. */
const cases: readonly (readonly [string, string[], string[], string[], string[]])[] = [
  ['SET against SET', [], ['SET k a'], ['SET k b'], ['string k[]: 2 over 1, a']],
  ['the same SET', [], ['SET k a'], ['SET k a'], []],
  ['DEL against DEL', ['SET k a'], ['DEL k'], ['DEL k'], []],
  ['a field', [], ['HSET k f 1 g 1'], ['HSET k f 2 h 2'], ['hash k[f]: 2 over 1, 1']],
  ['HDEL against HSET', ['HSET k f 0 g 0'], ['HDEL k f'], ['HSET k f 2'], ['hash k[f]: 2 over 1, removal']],
  ['HSET against HDEL', ['HSET k f 0 g 0'], ['HSET k f 2'], ['HDEL k f'], ['hash k[f]: 2 over 1, 2']],
  ['SREM against SADD', ['SADD k m n'], ['SREM k m'], ['SADD k x'], []],
  ['a score', [], ['ZADD k 1 m 5 x'], ['ZADD k 2 m 6 y'], ['zset k[m]: 2 over 1, 1']],
  ['a range of scores', ['ZADD k 1 o'], ['ZADD k 2 m 9 n'], ['ZREMRANGEBYSCORE k 0 5'], ['zset k[m]: 2 over 1, 2']],
  ['SADD against DEL', ['SADD k o'], ['SADD k m n'], ['DEL k'], ['set k[m]: 2 over 1, ?', 'set k[n]: 2 over 1, ?']],
  ['DEL against SADD', ['SADD k o'], ['DEL k'], ['SADD k m n', 'SADD k x'], ['delete k[]: 2 over 1, removal']],
  ['DEL against SET', ['SET k o'], ['DEL k'], ['SET k v'], ['delete k[]: 2 over 1, removal']],
  ['FLUSHDB against HSET', ['SADD o o'], ['FLUSHDB'], ['HSET k f 1'], ['delete k[]: 2 over 1, removal']],
  [
    'HSET against FLUSHDB',
    [],
    ['HSET k f 1', 'SET s v'],
    ['FLUSHDB'],
    ['hash k[f]: 2 over 1, 1', 'string s[]: 2 over 1, v'],
  ],
  ['INCR against SET', ['SET k 5'], ['INCRBY k 1'], ['SET k 100'], ['count k[]: 2 over 1, 1']],
  ['SET against INCR', ['SET k 5'], ['SET k 100'], ['INCRBY k 1'], ['count k[]: 1 over 2, 1']],
  ['INCR against INCR', ['SET k 5'], ['INCRBY k 1'], ['INCRBY k 1'], []],
  ['HINCRBY against HSET', ['HSET k f 5'], ['HINCRBY k f 3'], ['HSET k f 1'], ['count k[f]: 2 over 1, 3']],
  ['HINCRBY against DEL', ['HSET k f 5'], ['HINCRBY k f 3'], ['DEL k'], ['count k[f]: 2 over 1, 3']],
  ['a string against a hash', [], ['HSET k f 1'], ['SET k v'], ['hash k[f]: 2 over 1, 1']],
  ['a set against a hash', [], ['HSET k f 1'], ['SADD k m'], ['hash k[f]: 2 over 1, 1']],
  ['a bit', ['SETBIT k 9 1'], ['SETBIT k 3 1'], ['SETBIT k 3 0', 'SETBIT k 4 1'], ['bit k[3]: 2 over 1, 1']],
  [
    'an expiry',
    ['SET k v'],
    ['PEXPIREAT k 1577840000000'],
    ['PEXPIREAT k 1577850000000'],
    ['expiry k[]: 2 over 1, 1577840000000'],
  ],
  ['RPUSH against RPUSH', ['RPUSH k o'], ['RPUSH k a'], ['RPUSH k b'], []],
  ['RPUSH against DEL', ['RPUSH k o'], ['RPUSH k a'], ['DEL k'], ['list k[]: 2 over 1, RPUSH k a']],
  ['DEL against RPUSH', ['RPUSH k o'], ['DEL k'], ['RPUSH k a'], ['delete k[]: 2 over 1, removal']],
  ['a rename over a key', ['SET s v', 'SET k o'], ['SET k a'], ['RENAME s k'], ['string k[]: 2 over 1, a']],
];

describe('two sites that write at a time', () => {
  it.each(cases)('%s', (_name, before, first, second, expected) => {
    const mesh = meet(before, first, second);
    const [one, two] = mesh.sites;
    expect({ one: linesOf(one!), two: linesOf(two!) }).toEqual({ one: expected, two: expected });
  });

  it.each(cases)('%s: none, when each has seen what it overwrites', (_name, before, first, second) => {
    const mesh = meet(before, first, []);
    for (const command of second) mesh.step(write(1, command));
    mesh.settle();
    expect(mesh.sites.map(linesOf)).toEqual([[], []]);
  });
});

it('a third site says nothing of the conflicts of two', () => {
  const mesh = new Mesh(3, false);
  mesh.step(write(0, 'SET k a'));
  mesh.step(write(1, 'SET k b'));
  mesh.settle();
  expect(mesh.sites.map((site) => site.conflicts.length)).toEqual([1, 1, 0]);
});
