import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareServers } from './compare.ts';
import { RedisServer } from './redis-server.ts';
import { stepTable } from './steps.ts';
import { Tally } from './tally.ts';
import { temporaryFolder } from './temporary.ts';
import { waitFor } from './wait.ts';
import { Workload } from './workload.ts';

let master: RedisServer;
let replica: RedisServer;

beforeAll(async () => {
  const folder = temporaryFolder('workload');
  master = await RedisServer.start({ name: 'master', folder });
  replica = await RedisServer.start({ name: 'replica', folder, replicaOf: master });
});

afterAll(async () => {
  await Promise.all([replica.stop(), master.stop()]);
});

test('two writers leave what they tallied, and a replica the same data', async () => {
  const tally = new Tally();
  const writers = ['a', 'b'].map((site, seed) => new Workload({ site, server: master, seed, tally, rate: 5000 }));
  for (const writer of writers) writer.start();
  await waitFor('both have written enough', () => writers.every((writer) => writer.reached(5000)));
  await Promise.all(writers.map((writer) => writer.stop()));
  await waitFor('the replica has it all', async () => (await replica.offset()) >= (await master.offset()));

  const check = await tally.check(master);
  expect(check.wrong).toEqual([]);
  expect(check.found).toBe(check.expected);
  expect(check.counters).toBeGreaterThan(10);
  const comparison = await compareServers([master, replica]);
  expect(comparison.differences).toEqual([]);
  expect(comparison.keys).toBeGreaterThan(500);
});

test('a counter that was tampered with is named', async () => {
  const tally = new Tally();
  await master.with((client) => client.set('c:tampered', 4));
  tally.add('c:tampered', 3);
  expect((await tally.check(master)).wrong).toEqual(['c:tampered holds 4 at master, 3 expected']);
});

test('only these commands are written', () => {
  const names = [
    'set',
    'mset',
    'setnx',
    'getset',
    'getdel',
    'del',
    'unlink',
    'hset',
    'hmset',
    'hdel',
    'hincrby',
    'sadd',
  ];
  names.push('srem', 'spop', 'smove', 'zadd', 'zrem', 'zincrby', 'setpx', 'setex', 'expire', 'pexpireat', 'persist');
  names.push('setplain', 'incr', 'decr', 'incrby', 'changeKind');
  expect(Object.keys(stepTable)).toEqual(names);
});
