import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { discover } from '../discovery/discover.ts';
import { createPsyncSource } from '../psync/psync-source.ts';
import type { RedisTls } from '../redis-endpoint.ts';
import { createTarget } from '../target/redis-target.ts';
import { type Certificates, makeCertificates } from '../testing/certificates.ts';
import { RecordingSink } from '../testing/recording-sink.ts';
import { RedisServer, stopAllServers, until } from '../testing/redis-server.ts';

let folder: string;
let made: Certificates;
let server: RedisServer;
let tls: RedisTls;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entwine-tls-'));
  made = await makeCertificates(folder);
  tls = { ca: made.ca, cert: made.cert, key: made.key };
  const files = ['--tls-cert-file', made.files.cert, '--tls-key-file', made.files.key];
  server = await RedisServer.start([...files, '--tls-ca-cert-file', made.files.ca, '--requirepass', 'secret'], {
    tls,
    password: 'secret',
  });
});

afterAll(async () => {
  await stopAllServers();
  await rm(folder, { recursive: true, force: true });
});

it('captures and applies over TLS with certificates on both sides', async () => {
  const redis = [server.endpoint];
  const source = createPsyncSource({ redis, ackInterval: 100 });
  const sink = new RecordingSink();
  const script = "return redis.call('HSET', KEYS[1], 'f', ARGV[1])";
  const target = createTarget({ redis, script, freeingScript: script });
  try {
    source.start(sink);
    await until('attached', () => sink.last);
    const big = 'x'.repeat(3_000_000);
    await until('applied', async () => (await target.apply('k', [big], false)).ok);
    await until('caught up', async () => sink.offset === Number(await server.info('master_repl_offset')));
    expect(sink.stream).toContain(big);
  } finally {
    await source.close();
    await target.close();
  }
});

it('goes by the server name when one is given', async () => {
  const named = { ...server.endpoint, tls: { ...tls, servername: 'redis.test' } };
  expect((await discover({ redis: [named], capture: 'auto' })).role).toBe('master');
});

it.each([
  ['an unknown authority', (): RedisTls => ({ cert: made.cert, key: made.key }), 'tls'],
  ['another name', (): RedisTls => ({ ...tls, servername: 'other.test' }), 'tls'],
  ['no certificate of ours', (): RedisTls => ({ ca: made.ca }), 'disconnected'],
])('refuses %s', async (_, options, code) => {
  const redis = [{ ...server.endpoint, tls: options() }];
  const error = discover({ redis, capture: 'auto' });
  await expect(error).rejects.toMatchObject({ code, message: expect.stringContaining(`127.0.0.1:${server.port}`) });
});

it('says so when one side speaks TLS and the other does not', async () => {
  const plain = await RedisServer.start();
  const wrong = discover({ redis: [{ ...plain.endpoint, tls }], capture: 'auto', connectTimeout: 300 });
  await expect(wrong).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('TLS') });
  const bare = discover({ redis: [{ host: '127.0.0.1', port: server.port }], capture: 'auto' });
  await expect(bare).rejects.toMatchObject({ code: 'disconnected', message: expect.stringContaining('TLS') });
});
