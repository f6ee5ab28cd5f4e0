/**
 * The DUMP codec against a server: what DUMP answers decodes to what commands read, and what is encoded restores to the
 * same value. The server is that of ENTWINE_REDIS_SERVER, so that it can be run against others than the machine's own.
 */
import { decodeDump, decodeFunctions, encodeDump, type RdbValue } from '@entwine/rdb';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RedisServer, temporaryFolder } from '../../apps/demo/src/lab/index.ts';
import { oldPayloads } from '../../packages/rdb/test-support/old-payloads.ts';
import { plainOf, toldOf } from '../../packages/rdb/test-support/plain-value.ts';
import { anyKeys, type Recipe } from './any-key.ts';
import { readKey } from './read-key.ts';

let server: RedisServer;
let client: Redis;
let flavour: 'redis' | 'valkey';

beforeAll(async () => {
  server = await RedisServer.start({
    name: 'rdb',
    folder: temporaryFolder('rdb'),
    args: ['--enable-debug-command', 'yes', '--list-compress-depth', '1', '--list-max-listpack-size', '40'],
  });
  client = server.client();
  flavour = (await server.info('server')).has('valkey_version') ? 'valkey' : 'redis';
});

afterAll(async () => {
  await server.stop();
});

/** Makes the key `k`; commands that a server refuses are left out. */
async function make(recipe: Recipe): Promise<void> {
  await client.flushall();
  const pipeline = client.pipeline();
  for (const [name, ...words] of recipe) pipeline.call(String(name), ...words);
  await pipeline.exec();
}

async function dump(key: string): Promise<RdbValue> {
  const payload = await client.dumpBuffer(key);
  const decoded = decodeDump(payload!);
  if (!decoded.ok) throw new Error(`${decoded.failure.code}: ${decoded.failure.text}`);
  return decoded.value;
}

async function digest(key: string): Promise<unknown> {
  return client.call('DEBUG', 'DIGEST-VALUE', key);
}

describe.each(Object.entries(anyKeys))('any %s', (_, recipes) => {
  test('decodes to what commands read, and restores to the same value', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(recipes, async (recipe) => {
        await make(recipe);
        const value = await dump('k');
        const read = await readKey(client, 'k');
        expect(toldOf(value)).toEqual(read);
        if (value.kind === 'module') throw new Error('No module is loaded.');
        const payload = encodeDump(value, { flavour });
        expect(decodeDump(payload)).toMatchObject({ ok: true });
        await client.restore('copy', 0, buffer(payload));
        expect(await digest('copy')).toEqual(await digest('k'));
        expect(await readKey(client, 'copy')).toEqual(read);
        expect(plainOf(await dump('copy'))).toEqual(plainOf(value));
      }),
      { numRuns: 60 },
    );
  });
});

const buffer = (payload: Uint8Array): Buffer => Buffer.from(payload.buffer, payload.byteOffset, payload.length);

test.each(Object.entries(oldPayloads))('%s is read by the server alike', async (_, { payload, value }) => {
  await client.flushall();
  await client.restore('k', 0, buffer(payload));
  expect(await readKey(client, 'k')).toEqual(value);
  expect(plainOf(await dump('k'))).toMatchObject({ kind: (value as { readonly kind: string }).kind });
});

test('a stream is read in every older version', async () => {
  await make([
    ...Array.from({ length: 130 }, (_, i) => ['XADD', 'k', `${i + 1}-1`, 'name', i]),
    ['XDEL', 'k', '7-1'],
    ['XGROUP', 'CREATE', 'k', 'g', '0'],
    ['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', '9', 'STREAMS', 'k', '>'],
  ]);
  const value = await dump('k');
  if (value.kind !== 'stream') throw new Error('No stream.');
  for (const rdbVersion of [9, 10]) {
    await client.restore('copy', 0, buffer(encodeDump(value, { flavour, rdbVersion })), 'REPLACE');
    expect(await client.xrange('copy', '-', '+')).toEqual(await client.xrange('k', '-', '+'));
    expect(await client.xpending('copy', 'g')).toEqual(await client.xpending('k', 'g'));
    const { maxDeletedId, entries } = (await dump('copy')) as typeof value;
    expect(entries).toHaveLength(129);
    expect(maxDeletedId.ms).toBe(rdbVersion === 9 ? 0n : 7n);
  }
});

test.each([
  ['hash', (i: number) => ['HSET', 'k', `field ${i}`, `value ${i}`]],
  ['list', (i: number) => ['RPUSH', 'k', `element ${i}`]],
  ['zset', (i: number) => ['ZADD', 'k', i / 3, `member ${i}`]],
] as const)('a %s of 100,000 comes through', { timeout: 60_000 }, async (_, command) => {
  await client.flushall();
  for (let from = 0; from < 100_000; from += 10_000) {
    const pipeline = client.pipeline();
    for (let i = from; i < from + 10_000; i++) {
      const [name, ...words] = command(i);
      pipeline.call(String(name), ...words);
    }
    await pipeline.exec();
  }
  const value = await dump('k');
  if (value.kind === 'module') throw new Error('No module is loaded.');
  await client.restore('copy', 0, buffer(encodeDump(value, { flavour })));
  expect(await digest('copy')).toEqual(await digest('k'));
});

test('the libraries of FUNCTION DUMP, also where the server compresses them', async () => {
  const codes = ['one', 'two'].map(
    (name) =>
      `#!lua name=${name}\n${'-- many words\n'.repeat(40)}redis.register_function('${name}', function() return 1 end)`,
  );
  const libraries = async (): Promise<string[]> => {
    const decoded = decodeFunctions((await client.callBuffer('FUNCTION', 'DUMP')) as Buffer);
    if (!decoded.ok) throw new Error(decoded.failure.text);
    return decoded.codes.map((code) => Buffer.from(code).toString());
  };
  await client.call('FUNCTION', 'FLUSH');
  expect(await libraries()).toEqual([]);
  for (const code of codes) await client.call('FUNCTION', 'LOAD', code);
  expect((await libraries()).toSorted()).toEqual(codes);
  await client.call('FUNCTION', 'FLUSH');
});
