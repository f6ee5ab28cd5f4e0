import { createServer, type Server, type Socket } from 'node:net';
import type { Target, TargetReply } from '@entwine/core';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection } from '../connection/connection.ts';
import { ErrorReply } from '../connection/reply-parser.ts';
import { FakeMaster } from '../testing/fake-master.ts';
import { freePort, RedisServer, stopAllServers, until } from '../testing/redis-server.ts';
import { createTarget, type TargetOptions } from './redis-target.ts';

const body = `
local last = redis.call('HGET', KEYS[1], 'seq') or '0'
if tonumber(ARGV[1]) ~= tonumber(last) + 1 then return 'expected ' .. (last + 1) end
redis.call('HSET', KEYS[1], 'seq', ARGV[1], ARGV[2], ARGV[3])
return tonumber(ARGV[1])`;
const free = `redis.call('DEL', KEYS[1]) return 'freed'`;
const scripts = { script: body, freeingScript: `#!lua flags=allow-oom\n${free}` };
const marker = 'entwine:{}';
const targets: Target[] = [];
const listeners: Server[] = [];

async function connect(options: Partial<TargetOptions> & Pick<TargetOptions, 'redis'>): Promise<Target> {
  const target = createTarget({ ...scripts, ...options });
  targets.push(target);
  await connected(target);
  return target;
}

/** Reads until it can be read. */
const connected = (target: Target): Promise<unknown> =>
  until('the target connected', () =>
    target.readHash(marker).then(
      () => true,
      () => false,
    ),
  );

/** A proxy that can be told to swallow what the server answers. */
async function proxy(port: number): Promise<{ port: number; swallow: boolean; sockets: Set<Socket> }> {
  const { connect: dial } = await import('node:net');
  const state = { port: await freePort(), swallow: false, sockets: new Set<Socket>() };
  const server = createServer((socket) => {
    const upstream = dial(port, '127.0.0.1');
    for (const end of [socket, upstream]) end.on('error', () => {});
    state.sockets.add(socket);
    socket.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => {
      if (!state.swallow) socket.write(chunk);
    });
    socket.on('close', () => upstream.destroy());
    upstream.on('close', () => socket.destroy());
  });
  listeners.push(server);
  await new Promise<void>((resolve) => server.listen(state.port, '127.0.0.1', resolve));
  return state;
}

afterEach(async () => {
  await Promise.all(targets.splice(0).map((target) => target.close()));
  for (const server of listeners.splice(0)) server.close();
  await stopAllServers();
});

const run = (target: Target, seq: number): Promise<TargetReply> =>
  target.apply(marker, [String(seq), 'f\xff\x00', new Uint8Array([0, 255, 13, 10])], false);
const ok = (reply: string | number): TargetReply => ({ ok: true, reply: String(reply) });

describe('apply', () => {
  it('runs pipelined calls in order, and reads a binary hash', async () => {
    const server = await RedisServer.start();
    const target = await connect({ redis: [server.endpoint] });
    const replies = await Promise.all(Array.from({ length: 500 }, (_, i) => run(target, i + 1)));
    expect(replies).toEqual(Array.from({ length: 500 }, (_, i) => ok(i + 1)));
    expect(await run(target, 7)).toEqual(ok('expected 501'));
    expect(await target.readHash(marker)).toEqual(
      new Map([
        ['seq', '500'],
        ['f\xff\x00', '\x00\xff\r\n'],
      ]),
    );
    expect(await target.readHash('missing')).toEqual(new Map());
    expect(await target.apply(marker, [], true)).toEqual(ok('freed'));
  });

  it('loads the scripts again after SCRIPT FLUSH, in order and once each', async () => {
    const server = await RedisServer.start();
    const target = await connect({ redis: [server.endpoint] });
    let seq = 0;
    for (let round = 0; round < 20; round++) {
      await server.ask('SCRIPT', 'FLUSH');
      const replies = await Promise.all(Array.from({ length: 20 }, () => run(target, ++seq)));
      expect(replies).toEqual(Array.from({ length: 20 }, (_, i) => ok(seq - 19 + i)));
    }
    const calls = Array.from({ length: 200 }, () => {
      if (seq % 50 === 0) void server.ask('SCRIPT', 'FLUSH');
      return run(target, ++seq);
    });
    expect((await Promise.all(calls)).every((reply) => reply.ok)).toBe(true);
  });

  it('does not run a call again that a later one has overtaken', async () => {
    const fake = await FakeMaster.start();
    let scripts = 0;
    fake.answer = ([name, verb]) => {
      if (name === 'SCRIPT' && verb === 'LOAD') return `$40\r\n${'ab'.repeat(20)}\r\n`;
      if (name === 'HGETALL') return '*0\r\n';
      if (name !== 'EVALSHA') return undefined;
      return scripts++ === 0 ? '-NOSCRIPT No matching script.\r\n' : ':1\r\n';
    };
    const target = await connect({ redis: [{ host: '127.0.0.1', port: fake.port }] });
    const call = (seq: number): Promise<TargetReply> => target.apply(marker, [String(seq)], false);
    const replies = await Promise.all([call(1), call(2)]);
    expect(replies[0]).toMatchObject({ ok: false, sent: true, code: 'refused' });
    expect(replies[1]).toEqual(ok(1));
    expect(
      await until('scripts loaded', async () => {
        const reply = await call(3);
        return reply.ok ? reply : undefined;
      }),
    ).toEqual(ok(1));
    expect(scripts).toBe(3);
    await target.close();
    fake.close();
  });

  it('goes on after the master was killed and came back, without repeating anything', async () => {
    const server = await RedisServer.start(['--appendonly', 'yes', '--appendfsync', 'always']);
    const target = await connect({ redis: [server.endpoint] });
    expect(await run(target, 1)).toEqual(ok(1));
    await server.kill();
    const lost = await until('a failure', async () => {
      const reply = await run(target, 2);
      return !reply.ok && !reply.sent ? reply : undefined;
    });
    expect(lost).toMatchObject({ code: 'unreachable' });
    await server.launch();
    await connected(target);
    expect(await run(target, 2)).toEqual(ok(2));
  });

  it('follows a failover: READONLY, then the new master', async () => {
    const [master, replica] = await Promise.all([RedisServer.start(), RedisServer.start()]);
    await replica.follow(master);
    const target = await connect({ redis: [master.endpoint, replica.endpoint] });
    await run(target, 1);
    await until('the marker at the replica', async () => (await replica.ask('EXISTS', marker)) === 1);
    await replica.ask('REPLICAOF', 'NO', 'ONE');
    await master.follow(replica);
    const replies = await Promise.all([run(target, 2), run(target, 2)]);
    for (const reply of replies) expect(reply).toMatchObject({ ok: false, sent: true, code: 'readonly' });
    expect(await target.apply(marker, [], true)).toMatchObject({ ok: false, sent: false });
    await connected(target);
    expect(await run(target, 2)).toEqual(ok(2));
    expect(await replica.ask('HGET', marker, 'seq')).toBe('2');
  });

  it('maps a full server to oom and lets freeing calls pass', async () => {
    const server = await RedisServer.start(['--maxmemory', '1kb', '--maxmemory-policy', 'noeviction']);
    const target = await connect({ redis: [server.endpoint] });
    expect(await run(target, 1)).toMatchObject({ ok: false, sent: true, code: 'oom' });
    expect(await target.apply(marker, [], true)).toEqual(ok('freed'));
    await server.ask('CONFIG', 'SET', 'maxmemory', '0');
    expect(await run(target, 1)).toEqual(ok(1));
  });

  it('maps other refusals', async () => {
    const server = await RedisServer.start(['--min-replicas-to-write', '1']);
    const target = await connect({ redis: [server.endpoint] });
    expect(await run(target, 1)).toMatchObject({ ok: false, sent: true, code: 'refused' });
    await server.ask('CONFIG', 'SET', 'min-replicas-to-write', '0');
    await server.ask('SET', marker, 'a string');
    expect(await run(target, 1)).toMatchObject({ ok: false, code: 'refused', message: /WRONGTYPE/ });
    await expect(target.readHash(marker)).rejects.toMatchObject({ code: 'refused' });
    await server.ask('ACL', 'SETUSER', 'default', '-evalsha');
    expect(await run(target, 1)).toMatchObject({ ok: false, sent: true, code: 'denied' });
  });

  it('reports a busy server', async () => {
    const server = await RedisServer.start(['--busy-reply-threshold', '50']);
    const target = await connect({ redis: [server.endpoint] });
    const endless = server.ask('EVAL', 'while true do end', '0').catch(() => {});
    const other = await Connection.open(server.endpoint);
    await until('a script that runs', async () => (await other.call('GET', 'k')) instanceof ErrorReply);
    other.close();
    expect(await run(target, 1)).toMatchObject({ ok: false, sent: true, code: 'busy' });
    const late = createTarget({ ...scripts, redis: [server.endpoint] });
    targets.push(late);
    await until('busy', async () => {
      const reply = await run(late, 1);
      return !reply.ok && !reply.sent && reply.code === 'busy';
    });
    await target.apply(marker, [], true);
    await server.kill();
    await endless;
  });

  it('fails at once without a server, and tells when it is refused', async () => {
    const nobody = createTarget({ ...scripts, redis: [{ host: '127.0.0.1', port: await freePort() }] });
    targets.push(nobody);
    expect(await run(nobody, 1)).toMatchObject({ ok: false, sent: false, code: 'unreachable' });
    await expect(nobody.readHash(marker)).rejects.toThrow();
    const server = await RedisServer.start(['--requirepass', 'right'], { password: 'right' });
    const stranger = createTarget({ ...scripts, redis: [{ ...server.endpoint, password: 'wrong-secret' }] });
    targets.push(stranger);
    const denied = await until('denied', async () => {
      const reply = await run(stranger, 1);
      return !reply.ok && reply.code === 'denied' ? reply : undefined;
    });
    expect(denied).toMatchObject({ sent: false });
    expect(denied.message).not.toContain('wrong-secret');
    const friend = await connect({ redis: [server.endpoint] });
    expect(await run(friend, 1)).toEqual(ok(1));
  });

  it('does not wait for ever for a master that has gone silent', async () => {
    const server = await RedisServer.start();
    const between = await proxy(server.port);
    const redis = [{ host: '127.0.0.1', port: between.port }];
    const target = await connect({ redis, commandTimeout: 200 });
    between.swallow = true;
    const replies = await Promise.all([run(target, 1), run(target, 2)]);
    for (const reply of replies) expect(reply).toMatchObject({ ok: false, sent: true, code: 'unreachable' });
    expect(await run(target, 3)).toMatchObject({ ok: false, sent: false, code: 'unreachable' });
    between.swallow = false;
    await connected(target);
    expect((await target.readHash(marker)).get('seq')).toBe('2');
  });

  it('tells what was in flight when the connection broke', async () => {
    const server = await RedisServer.start();
    const between = await proxy(server.port);
    const target = await connect({ redis: [{ host: '127.0.0.1', port: between.port }] });
    between.swallow = true;
    const flying = [run(target, 1), run(target, 2)];
    await until('both to have run', async () => (await server.ask('HGET', marker, 'seq')) === '2');
    for (const socket of between.sockets) socket.destroy();
    for (const reply of await Promise.all(flying)) {
      expect(reply).toMatchObject({ ok: false, sent: true, code: 'unreachable' });
    }
  });

  it('closes at any time', async () => {
    const server = await RedisServer.start();
    for (const turns of [0, 1, 2, 3, 5, 8, 13, 21, 34]) {
      const target = createTarget({ ...scripts, redis: [server.endpoint] });
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      const pending = target.apply(marker, ['x', 'f', 'v'], false);
      await target.close();
      await pending;
      expect(await run(target, 1)).toMatchObject({ ok: false, sent: false, code: 'unreachable' });
    }
  });
});
