/**
 * What redis-benchmark writes, all of its tests, pipelined, at two sites at once: the sites end equal, and what only
 * increments touch is exact.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RedisServer } from '../../apps/demo/src/lab/index.ts';
import { assertSame } from '../support/assert-same.ts';
import { expectSame } from '../support/expect-that.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';

const pipeline = '16';
const keys = 100;

export const redisBenchmark: Scenario = {
  name: 'redis-benchmark',
  title: 'every test of redis-benchmark, pipelined, at two sites at once: sites equal, counters exact',
  ciRuns: 1,
  fullRuns: 3,
  run,
};

async function run(context: RunContext): Promise<Figures> {
  const mesh = await context.start({ names: ['a', 'b'], withReplicas: false });
  const requests = context.full ? 100_000 : 2_000;
  const started = performance.now();
  const said = await Promise.all(mesh.sites.map(({ master }) => benchmark(master, requests)));
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const tests = said.map((lines) => lines.length);
  expectSame('tests at b', tests[1], tests[0]);
  context.log(`${tests[0]} tests of ${requests} requests at each site in ${seconds} s`);
  const same = await assertSame(mesh.sites, undefined, context.full ? 900_000 : 120_000);
  const counted = await Promise.all(mesh.sites.map(({ master }) => sumOfCounters(master)));
  for (const sum of counted) expectSame('the sum of all counters', sum, 2 * requests);
  return { tests: tests[0] ?? 0, requests, ...same };
}

/** All tests with their default commands, keys drawn at random; returns a line for each. */
async function benchmark(server: RedisServer, requests: number): Promise<string[]> {
  const args = [
    '-p',
    String(server.port),
    '-n',
    String(requests),
    '-P',
    pipeline,
    '-c',
    '10',
    '-r',
    String(keys),
    '--csv',
  ];
  const { stdout } = await promisify(execFile)('redis-benchmark', args, { maxBuffer: 64 * 1024 * 1024 });
  const lines = stdout.split('\n').filter((line) => /^"(?!test")/.test(line));
  if (lines.length < 15) throw new Error(`redis-benchmark ran ${lines.length} tests:\n${stdout.slice(-1000)}`);
  return lines;
}

async function sumOfCounters(server: RedisServer): Promise<number> {
  return server.with(async (client) => {
    const names = await client.keys('counter:*');
    const values = names.length === 0 ? [] : await client.mget(names);
    return values.reduce((sum, value) => sum + Number(value), 0);
  });
}
