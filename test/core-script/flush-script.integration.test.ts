/** Globs and flushes that spare, against a server's own KEYS. */
import {
  applyScript,
  compileGlob,
  Effects,
  globProblem,
  type PolicyRule,
  siteRules,
  standaloneMarkerKey,
} from '@entwine/core';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisServer, temporaryFolder } from '../../apps/demo/src/lab/index.ts';
import { anyGlob, anyText } from '../../packages/core/test-support/arbitrary-glob.ts';
import { aclLines } from '../../packages/redis/src/inspect/acl-lines.ts';
import { ScriptBench } from './script-bench.ts';

let server: RedisServer;
let client: Redis;
let bench: ScriptBench;

beforeAll(async () => {
  server = await RedisServer.start({ name: 'flush', folder: temporaryFolder('flush-script') });
  client = server.client();
  bench = new ScriptBench(client);
});

afterAll(async () => {
  await server.stop();
});

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

test('globs match what KEYS and SCAN MATCH match', async () => {
  let matched = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyText, { minLength: 20, maxLength: 40 }),
      fc.array(anyGlob, { maxLength: 20 }),
      async (texts, patterns) => {
        await client.flushdb();
        for (const text of texts) await client.set(latin(text), '1');
        for (const pattern of patterns.filter((one) => globProblem(one) === undefined)) {
          const glob = compileGlob(pattern);
          const expected = [...new Set(texts)].filter(glob).sort();
          const keys = await client.keysBuffer(latin(pattern) as unknown as string);
          expect(keys.map((key) => key.toString('latin1')).sort(), JSON.stringify(pattern)).toEqual(expected);
          const [, page] = (await client.callBuffer('SCAN', '0', 'MATCH', latin(pattern), 'COUNT', '1000')) as [
            Buffer,
            Buffer[],
          ];
          expect(page.map((key) => key.toString('latin1')).sort(), JSON.stringify(pattern)).toEqual(expected);
          matched += expected.length;
        }
      },
    ),
    { numRuns: 40 },
  );
  expect(matched).toBeGreaterThan(100);
});

const names = ['a', 'a:1', 'a:2', 'b:1', 'b:2', 'c', '', '[x]', 'entwine'];
const anyRule = fc.record({
  keys: fc.array(fc.constantFrom('a', 'a:*', 'b:*', '*', '*1', '[ab]:?', '\\[x\\]'), { minLength: 1, maxLength: 2 }),
  databases: fc.option(fc.subarray([0, 1, 2], { minLength: 1 }), { nil: undefined }),
});
const anyPolicy = fc
  .tuple(anyRule, fc.constantFrom<PolicyRule['policy']>('local', 'lww', { home: 'a' }, { home: 'b' }, { home: 'c' }))
  .map(([rule, policy]): PolicyRule => ({ ...rule, policy }));
const anyFilter = fc
  .tuple(anyRule, fc.constantFrom('allow' as const, 'deny' as const))
  .map(([rule, action]) => ({ ...rule, action }));

test('a flush leaves exactly what the rules spare, and the marker', async () => {
  let left = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyPolicy, { maxLength: 3 }),
      fc.array(anyFilter, { maxLength: 2 }),
      fc.constantFrom(-1, 0, 1, 2),
      async (policies, inward, db) => {
        const peers = [
          { site: 'b', priority: 2 },
          { site: 'c', priority: 3 },
        ];
        const rules = siteRules({ site: 'a', priority: 1, peers, policies, filters: { in: inward } });
        const spared = rules?.sparedBy(2);
        if (rules === undefined || spared === undefined) return;
        await bench.reset();
        const expected: string[] = [];
        for (const at of [0, 1, 2]) {
          await client.select(at);
          for (const name of names) {
            await client.set(name, '1');
            if ((db >= 0 && db !== at) || rules.spares(at, name, 2)) expected.push(`${at} ${name}`);
          }
        }
        await client.select(0);
        const effects = new Effects();
        effects.select(Math.max(db, 0));
        effects.flushBut(db < 0, spared);
        // What follows goes where it went before.
        effects.set('after', new Uint8Array(1), null);
        expect(await bench.raw(['', '', '', 'own', '', 'o1', ...effects.args.map(String)])).toBe('ok:0');
        expected.push(`${Math.max(db, 0)} after`);
        const held: string[] = [];
        for (const at of [0, 1, 2]) {
          await client.select(at);
          for (const key of await client.keys('*')) if (key !== standaloneMarkerKey) held.push(`${at} ${key}`);
        }
        await client.select(0);
        expect(held.sort()).toEqual(expected.sort());
        expect(await bench.marker()).toEqual({ own: 'o1' });
        left += held.length;
      },
    ),
    { numRuns: 60 },
  );
  expect(left).toBeGreaterThan(100);
});

test('a user with no more rights than entwine check names may do all of it', async () => {
  await client.flushall();
  const [, , ...line] = aclLines('rules').apply.replace('PASSWORD', 'secret').split(' ');
  await client.call('ACL', 'SETUSER', ...line);
  const limited = server.client({ username: 'rules', password: 'secret' });
  await client.set('l:1', '1');
  await client.set('x', '1');
  const effects = new Effects();
  effects.flushBut(true, [{ list: 1, pattern: 'l:*', databases: undefined, spares: true }]);
  effects.read('SCAN', '0', 'MATCH', 'l:*', 'COUNT', '1000');
  effects.read('INFO', 'keyspace');
  effects.read('HMGET', 'h', 'f');
  const reply = (await limited
    .call('EVAL', applyScript, '1', standaloneMarkerKey, '', '', '', 'own', '', 'o1', ...effects.args.map(String))
    .catch((error: Error) => error.message)) as unknown;
  // EVAL itself is not among the rights: the adapter loads scripts.
  expect(reply).toMatch(/no permissions to run the 'eval' command/);
  const sha = (await limited.call('SCRIPT', 'LOAD', applyScript)) as string;
  expect(
    await limited.call(
      'EVALSHA',
      sha,
      '1',
      standaloneMarkerKey,
      '',
      '',
      '',
      'own',
      '',
      'o1',
      ...effects.args.map(String),
    ),
  ).toEqual(['ok:0', ['0', ['l:1']], expect.stringContaining('db0:keys=2'), [null]]);
});
