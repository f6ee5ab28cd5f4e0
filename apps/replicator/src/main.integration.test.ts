import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLmdbLog } from '@entwine/log-lmdb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type EntwineProcess, spawnEntwine } from './testing/entwine-process.ts';
import { freePort, startRedis, type TestRedis, waitFor } from './testing/redis-server.ts';

let folder = '';
let count = 0;
const started: { stop(): Promise<unknown> }[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'entwine-run-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});
afterAll(() => rmSync(folder, { recursive: true }));

const secrets = ['the secret of the markers', 'the token of the link!', 'the wrong password'];

interface Site {
  readonly process: EntwineProcess;
  readonly file: string;
  readonly log: string;
  readonly http: string;
  readonly link: string;
  /** The JSON of a path, with its HTTP status as `code`. */
  get(path: string): Promise<Record<string, unknown>>;
}

/** Starts `entwine run` for a site whose Redis is at `port`; `changes` are keys of the file. */
async function run(port: number, changes: Record<string, unknown> = {}): Promise<Site> {
  const name = String(++count);
  const http = `127.0.0.1:${await freePort()}`;
  const link = `127.0.0.1:${await freePort()}`;
  const log = join(folder, `log-${name}`);
  const file = join(folder, `${name}.yaml`);
  const config = {
    site: 'a',
    priority: 2,
    secret: secrets[0],
    redis: { endpoints: [`127.0.0.1:${port}`] },
    log: { path: log },
    link: { listen: link, security: { kind: 'plain', token: secrets[1] } },
    peers: [{ site: 'b', priority: 1, address: '127.0.0.1:1' }],
    http: { listen: http },
    ...changes,
  };
  writeFileSync(file, stringify(config));
  const process = spawnEntwine(['run', '--config', file]);
  started.push({
    stop: () => {
      process.kill('SIGKILL');
      return process.ended;
    },
  });
  const get = async (path: string): Promise<Record<string, unknown>> => {
    const answer = await fetch(`http://${http}${path}`);
    return { code: answer.status, ...((await answer.json()) as object) };
  };
  return { process, file, log, http, link, get };
}

async function redis(...args: string[]): Promise<TestRedis> {
  const server = await startRedis(...args);
  started.push(server);
  return server;
}

function expectNoSecrets(text: string): void {
  for (const secret of secrets) expect(text).not.toContain(secret);
}

describe('a start that cannot succeed ends with its code and message', () => {
  test('the log folder is in use', async () => {
    const path = join(folder, 'held');
    const log = await openLmdbLog({ path });
    const { code, out } = await (await run(1, { log: { path } })).process.ended;
    await log.close();
    expect(code).toBe(5);
    expect(out).toContain(path);
  });

  test('the log folder is no folder', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    expect((await (await run(1, { log: { path } })).process.ended).code).toBe(5);
  });

  test('http.listen is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const { code, out } = await (await run(1, { http: { listen: `127.0.0.1:${port}` } })).process.ended;
    other.close();
    expect(code).toBe(10);
    expect(out).toContain(`http.listen 127.0.0.1:${port} is in use`);
  });

  test('link.listen is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const server = await redis();
    const link = { listen: `127.0.0.1:${port}`, security: { kind: 'plain', token: secrets[1] } };
    const { code, out } = await (await run(server.port, { link })).process.ended;
    other.close();
    expect(code).toBe(10);
    expect(out).toContain(String(port));
  });

  test('a certificate is missing', async () => {
    const security = { kind: 'tls', cert: 'nope.pem', key: 'nope.key', ca: 'nope-ca.pem' };
    const { code, out } = await (await run(1, { link: { listen: '127.0.0.1:1', security } })).process.ended;
    expect(code).toBe(3);
    expect(out).toContain('link.security.cert: ');
  });
});

describe('a running replicator', () => {
  test('gets ready, tells about itself, stops within 5 s, and can start again', async () => {
    const server = await redis();
    const first = await run(server.port);
    await waitFor('ready', async () => (await first.get('/readyz')).code === 200);
    expect(await first.get('/status')).toMatchObject({ site: 'a', shard: 'main', state: 'running' });
    expect(await (await fetch(`http://${first.http}/metrics`)).text()).toContain('entwine_log_bytes');
    const status = await spawnEntwine(['status', '--config', first.file]).ended;
    expect(status).toMatchObject({ code: 0, out: expect.stringMatching(/^a\/main {2}running/) });
    const check = await spawnEntwine(['check', '--config', first.file]).ended;
    expect(check.code, check.out).toBe(0);
    const began = performance.now();
    first.process.kill('SIGTERM');
    const { code, out } = await first.process.ended;
    expect([code, performance.now() - began < 5000]).toEqual([0, true]);
    expectNoSecrets(out + status.out + check.out);
    const second = await run(server.port, { log: { path: first.log } });
    await waitFor('ready again', async () => (await second.get('/readyz')).code === 200);
    second.process.kill('SIGINT');
    expect((await second.process.ended).code).toBe(0);
  });

  test('a second one with a copy of the log takes over; the first ends as superseded', async () => {
    const server = await redis();
    const first = await run(server.port);
    await waitFor('ready', async () => (await first.get('/readyz')).code === 200);
    first.process.kill('SIGTERM');
    await first.process.ended;
    const copy = join(folder, 'copy');
    cpSync(first.log, copy, { recursive: true });
    const again = await run(server.port, { log: { path: first.log } });
    await waitFor('ready again', async () => (await again.get('/readyz')).code === 200);
    const other = await run(server.port, { log: { path: copy } });
    const { code, out } = await again.process.ended;
    expect([code, out.includes('another replicator of this site')]).toEqual([7, true]);
    await waitFor('the other ready', async () => (await other.get('/readyz')).code === 200);
  });

  test('a log of another site', async () => {
    const server = await redis();
    const first = await run(server.port);
    await waitFor('ready', async () => (await first.get('/readyz')).code === 200);
    first.process.kill('SIGTERM');
    await first.process.ended;
    const { code, out } = await (await run(server.port, { site: 'z', log: { path: first.log } })).process.ended;
    expect([code, out.includes('the log belongs to a/main/')]).toEqual([5, true]);
  });

  test('a Redis that holds data at the first start: resync-required, up, not ready', async () => {
    const server = await redis();
    await server.ask('SET k v');
    const site = await run(server.port);
    await waitFor('the state', async () => (await site.get('/status')).state === 'resync-required');
    expect(await site.get('/readyz')).toMatchObject({
      code: 503,
      state: 'resync-required',
      reason: expect.stringMatching(/./),
    });
    expect((await fetch(`http://${site.http}/livez`)).status).toBe(200);
    expect((await spawnEntwine(['status', '--config', site.file]).ended).code).toBe(6);
    site.process.kill('SIGTERM');
    const { code, out } = await site.process.ended;
    expect(code).toBe(0);
    expect(out.split('\n').filter((line) => line.includes('"level":"error"'))).toHaveLength(1);
  });

  test.each([
    ['a wrong password', async () => (await redis('--requirepass', 'right')).port, { password: secrets[2] }],
    ['nobody at the address', () => freePort(), {}],
    ['no Redis at the address', async () => await httpServer(), {}],
  ] as const)('%s: retried, visible, not ready, stops in time', async (_, port, credentials) => {
    const at = await port();
    const site = await run(at, { redis: { endpoints: [`127.0.0.1:${at}`], ...credentials } });
    const alarms = async () => ((await site.get('/readyz')).alarms ?? []) as { message: string }[];
    await waitFor('the alarm', async () => (await alarms()).some((alarm) => alarm.message.includes(String(at))));
    expect(await site.get('/readyz')).toMatchObject({ code: 503, state: 'starting' });
    const text = JSON.stringify(await site.get('/status'));
    site.process.kill('SIGTERM');
    const { code, out } = await site.process.ended;
    expect(code).toBe(0);
    expectNoSecrets(text + out);
  });
});

/** The port of something that is not Redis. */
async function httpServer(): Promise<number> {
  const server = createServer((_, response) => response.end('no')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  started.push({ stop: async () => void server.close() });
  return (server.address() as { port: number }).port;
}
