import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aclLines } from '@entwine/redis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../config/config.ts';
import { freePort, startRedis, type TestRedis, waitFor } from '../testing/redis-server.ts';
import { sampleConfig } from '../testing/sample-config.ts';
import type { Finding } from './finding.ts';
import { runCheck } from './run-check.ts';

const started: TestRedis[] = [];
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'entwine-check-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function redis(...args: string[]): Promise<TestRedis> {
  const server = await startRedis(...args);
  started.push(server);
  return server;
}

const local = (port: number) => ({ host: '127.0.0.1', port });

async function check(ports: readonly number[], changes: Partial<Config['redis']> = {}): Promise<Finding[]> {
  const link = { ...sampleConfig().link, listen: local(await freePort()) };
  const endpoints = ports.map(local);
  return await runCheck(
    sampleConfig({
      log: { path: join(folder, 'log') },
      link,
      peers: [],
      redis: { endpoints, capture: 'auto', keyspaceEvents: 'set', ...changes },
    }),
  );
}

/** `severity message` of the findings with this name. */
function named(findings: readonly Finding[], name: string): string[] {
  return findings.filter((one) => one.name === name).map((one) => `${one.severity} ${one.message}`);
}

describe('check against live servers', () => {
  test('a master with a replica: capture goes to the replica, no errors', async () => {
    const master = await redis();
    const replica = await redis('--replicaof', '127.0.0.1', String(master.port));
    await waitFor(
      'the replica',
      async () => (await replica.ask('ROLE')) === '*5' && (await check([master.port])).length > 0,
    );
    await waitFor('its link', async () => named(await check([replica.port]), 'discovery')[0]!.startsWith('ok'));
    const findings = await check([master.port]);
    expect(findings.filter((one) => one.severity === 'error')).toEqual([]);
    expect(named(findings, 'discovery')).toEqual([
      `ok master 127.0.0.1:${master.port}, 1 of 1 replicas online; capture from the replica 127.0.0.1:${replica.port}`,
    ]);
    expect(named(findings, 'role')).toEqual([
      'ok master',
      `ok replica of 127.0.0.1:${master.port}; capture attaches here`,
    ]);
    expect(named(findings, 'script')).toEqual(['ok the master runs scripts sent by the way of the applier']);
    expect(named(findings, 'master')[0]).toMatch(/^ok the master is \d+ ms (ahead of|behind) this machine$/);
    expect(await master.ask('DBSIZE')).toBe(':0');
  });

  test('a user with exactly the advised rights has what is needed; with fewer, the line is named', async () => {
    const server = await redis();
    for (const line of Object.values(aclLines('me'))) {
      expect(await server.ask(line.replace('>PASSWORD', '>a-password'))).toBe('+OK');
    }
    const user = { username: 'me', password: 'a-password' };
    const full = await check([server.port], user);
    expect(named(full, 'rights')).toEqual(['ok user me has what is needed']);
    expect(full.filter((one) => one.severity === 'error')).toEqual([]);
    expect(await server.ask('ACL SETUSER me -psync')).toBe('+OK');
    const less = (await check([server.port], user)).find((one) => one.name === 'rights');
    expect(less).toMatchObject({ severity: 'error', message: 'user me may not PSYNC' });
    expect(less?.remedy).toContain(aclLines('me').capture);
  });

  test('a wrong password, and none', async () => {
    const server = await redis('--requirepass', 'the-right-one');
    for (const given of [{ password: 'hunter2-hunter2' }, {}]) {
      const findings = await check([server.port], given);
      expect(named(findings, 'connection')[0]).toMatch(/^error /);
      expect(findings.find((one) => one.name === 'connection')?.remedy).toContain('redis.password');
      expect(JSON.stringify(findings)).not.toContain('hunter2');
    }
  });

  test('not a Redis, nobody, and one of two away', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const wrong = await check([port]);
    expect(named(wrong, 'connection')[0]).toMatch(/^error .*is not Redis/);
    other.close();
    expect(named(await check([port]), 'connection')[0]).toMatch(/^error /);
    const server = await redis();
    const half = await check([server.port, port]);
    expect(named(half, 'connection')[0]).toMatch(/^warning /);
    expect(half.filter((one) => one.severity === 'error')).toEqual([]);
  });

  test('capture: replica without one', async () => {
    const server = await redis();
    const found = (await check([server.port], { capture: 'replica' })).find((one) => one.name === 'discovery');
    expect(found).toMatchObject({ severity: 'error', remedy: 'Add a replica, or set redis.capture: auto.' });
  });
});
