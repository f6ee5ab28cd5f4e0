import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisServer, temporaryFolder } from '../../apps/demo/src/lab/index.ts';
import { type Due, Dues, type DueType, dueKinds } from './dues.ts';
import { RawConnection } from './raw-connection.ts';
import type { Words } from './row.ts';

let server: RedisServer;
let connection: RawConnection;

beforeAll(async () => {
  server = await RedisServer.start({ name: 'dues', folder: temporaryFolder('dues') });
  connection = await RawConnection.open(server.port);
});

afterAll(async () => {
  connection.close();
  await server.stop();
});

const key = 'k';
/** What somebody does to the key behind our back, and what is then said. */
const planted: readonly (readonly [DueType, string, Words, RegExp])[] = [
  ['count', 'counted twice', ['INCRBY', key, '5'], /it holds 15, 10 expected/],
  ['count', 'lost', ['DEL', key], /it holds nothing, 10 expected/],
  ['hash-count', 'counted twice', ['HINCRBY', key, 'one', '1'], /one holds 6, 5 expected/],
  ['zset-count', 'lost', ['ZREM', key, 'two'], /two holds nothing, 5 expected/],
  ['set', 'missing', ['SREM', key, 'one'], /1 of 2 are missing: one/],
  ['set', 'never added', ['SADD', key, 'other'], /other is there 1 times, never added/],
  ['hash', 'missing', ['HDEL', key, 'one'], /1 of 2 are missing: one/],
  ['zset', 'missing', ['ZREM', key, 'two'], /1 of 2 are missing: two/],
  ['list', 'twice', ['LPUSH', key, 'one'], /one is there 2 times, once added/],
  ['list', 'missing', ['LREM', key, '1', 'one'], /1 of 2 are missing: one/],
  ['stream', 'twice', ['XADD', key, '*', 'two', ''], /two is there 2 times, once added/],
  ['set', 'another type', ['SET', key, 'v'], /WRONGTYPE/],
];

test.each(planted)('%s: %s', async (type, _what, meddling, said) => {
  await connection.call('DEL', key);
  const dues = new Dues();
  const sums = type.endsWith('count');
  for (const name of ['one', 'two']) {
    const due: Due = { type, key, name: type === 'count' ? '' : name, ...(sums ? { by: 5 } : {}) };
    await connection.call(...dueKinds[type].add(due));
    dues.add(due);
  }
  expect(await dues.check(connection, 'here')).toEqual([]);
  await connection.call(...meddling);
  expect((await dues.check(connection, 'here')).join('; ')).toMatch(said);
});
