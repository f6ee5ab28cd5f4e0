import type { KeyspaceEvents } from '@entwine/core';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection } from '../connection/connection.ts';
import { RecordingEvents } from '../testing/recording-events.ts';
import { RedisServer, stopAllServers, until } from '../testing/redis-server.ts';
import { createKeyspaceEvents, type KeyspaceEventsOptions } from './keyspace-events.ts';

const started: KeyspaceEvents[] = [];

function listen(options: KeyspaceEventsOptions): [KeyspaceEvents, RecordingEvents] {
  const events = createKeyspaceEvents({ checkInterval: 100, ...options });
  const sink = new RecordingEvents();
  started.push(events);
  events.start(sink);
  return [events, sink];
}

async function restored(options: KeyspaceEventsOptions): Promise<[KeyspaceEvents, RecordingEvents]> {
  const [events, sink] = listen(options);
  await until('events', () => sink.restorations.length > 0);
  return [events, sink];
}

async function fence(events: KeyspaceEvents, sink: RecordingEvents): Promise<void> {
  const before = sink.fences.length;
  events.sync();
  await until('a fence', () => sink.fences.length > before);
}

/** Lets a key expire by reading it. */
async function expire(server: RedisServer, key: string): Promise<void> {
  await server.ask('SET', key, 'v', 'PX', '1');
  await until(`${key} expired`, async () => (await server.ask('EXISTS', key)) === 0);
}

const setting = async (server: RedisServer): Promise<string> =>
  [...String(((await server.ask('CONFIG', 'GET', 'notify-keyspace-events')) as string[])[1])].sort().join('');

afterEach(async () => {
  await Promise.all(started.splice(0).map((events) => events.close()));
  await stopAllServers();
});

describe('createKeyspaceEvents', () => {
  it('hands over expiries and evictions in order with fences, byte by byte, from every database', async () => {
    const server = await RedisServer.start(['--notify-keyspace-events', 'AKE']);
    const [events, sink] = await restored({ redis: [server.endpoint] });
    const raw = await Connection.open(server.endpoint);
    raw.upgrade({ bytes: () => {}, ended: () => {} });
    const key = Buffer.from([0, 13, 10, 36, 255, 254, 62]);
    raw.write(
      Buffer.concat([
        Buffer.from(`*5\r\n$3\r\nSET\r\n$7\r\n`),
        key,
        Buffer.from('\r\n$1\r\nv\r\n$2\r\nPX\r\n$1\r\n1\r\n'),
      ]),
    );
    await until('the binary key', () => sink.log.length > 1);
    await fence(events, sink);
    await server.ask('SELECT', '7');
    await expire(server, 'a');
    await server.ask('SET', 'b', 'v');
    await server.ask('DEL', 'b');
    await server.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random');
    await server.ask('SET', 'c', 'v');
    await server.ask('CONFIG', 'SET', 'maxmemory', '1');
    await until('eviction', () => sink.log.includes('evicted 7 c'));
    await fence(events, sink);
    raw.close();
    expect(sink.log).toEqual([
      'restored',
      `expired 0 ${key.toString('latin1')}`,
      'fence',
      'expired 7 a',
      'evicted 7 c',
      'fence',
    ]);
    expect(sink.fences[0]!.replicationId).toBe(await server.info('master_replid'));
  });

  it('names the place up to which everything has come', async () => {
    const server = await RedisServer.start(['--notify-keyspace-events', 'Exe', '--repl-backlog-ttl', '0']);
    const replica = await RedisServer.start();
    await replica.follow(server);
    const [events, sink] = await restored({ redis: [replica.endpoint] });
    await server.ask('SET', 'a', 'v');
    const before = Number(await server.info('master_repl_offset'));
    await fence(events, sink);
    const after = Number(await server.info('master_repl_offset'));
    expect(sink.fences[0]!.offset).toBeGreaterThanOrEqual(before);
    expect(sink.fences[0]!.offset).toBeLessThanOrEqual(after);
  });

  it('adds the flags that are missing, keeps the others, and says so', async () => {
    const server = await RedisServer.start(['--notify-keyspace-events', 'Kg']);
    const [, sink] = await restored({ redis: [server.endpoint], setNotify: true });
    expect(await setting(server)).toBe('EKegx');
    expect(sink.notes).toEqual([expect.stringMatching(/^notify-keyspace-events of \S+ was "(Kg|gK)" and is now/)]);
    await server.ask('CONFIG', 'SET', 'notify-keyspace-events', '');
    await until('set again', async () => (await setting(server)) === 'Eex');
    await until('restored again', () => sink.restorations.length === 2);
    expect(sink.reasons[0]).toContain('set notify-keyspace-events to Exe');
  });

  it('changes nothing without being told to, and goes on once it is set', async () => {
    const server = await RedisServer.start();
    const [events, sink] = listen({ redis: [server.endpoint] });
    await until('lost', () => sink.reasons.length > 0);
    events.sync();
    expect(await setting(server)).toBe('');
    expect(sink.reasons[0]).toMatch(/is ""; set notify-keyspace-events to Exe$/);
    await server.ask('CONFIG', 'SET', 'notify-keyspace-events', 'AE');
    await until('restored', () => sink.restorations.length > 0);
    expect(sink.fences).toEqual([]);
  });

  it.each([
    ['CONFIG', '+ping +info +psubscribe &*', /denies CONFIG/],
    ['the right to set', '+ping +info +psubscribe &* +config|get', /denies CONFIG/],
    ['the subscription', '+ping +info +config|get +config|set', /denies PSUBSCRIBE/],
    ['the channels', '+ping +info +config|get +config|set +psubscribe resetchannels &x', /denies PSUBSCRIBE/],
  ])('says that %s is denied', async (_, rights, reason) => {
    const server = await RedisServer.start();
    await server.ask('ACL', 'SETUSER', 'me', 'on', '>pw', 'resetchannels', ...rights.split(' '));
    const [, sink] = listen({
      redis: [{ ...server.endpoint, username: 'me', password: 'pw' }],
      setNotify: true,
    });
    await until('lost', () => sink.reasons.length > 0);
    expect(sink.reasons[0]).toMatch(reason);
    expect(sink.restorations).toEqual([]);
  });

  it('comes back after a broken connection', async () => {
    const server = await RedisServer.start(['--notify-keyspace-events', 'Exe']);
    const [events, sink] = await restored({ redis: [server.endpoint] });
    await server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until('restored', () => sink.restorations.length === 2);
    await expire(server, 'a');
    await fence(events, sink);
    expect(sink.log).toEqual(['restored', 'lost', 'restored', 'expired 0 a', 'fence']);
  });

  it('follows the master, unasked', async () => {
    const [a, b] = await Promise.all([RedisServer.start(), RedisServer.start()]);
    await b.follow(a);
    const [, sink] = await restored({ redis: [a.endpoint, b.endpoint], setNotify: true });
    const before = await a.info('master_replid');
    await b.ask('REPLICAOF', 'NO', 'ONE');
    await a.follow(b);
    await until('restored', () => sink.restorations.length === 2);
    expect(sink.reasons[0]).toContain('no longer the master');
    expect(sink.restorations.map(({ replicationId }) => replicationId)).toEqual([
      before,
      await b.info('master_replid'),
    ]);
    expect(await setting(b)).toBe('Eex');
  });

  it('waits for a script that keeps the server busy', async () => {
    const server = await RedisServer.start(['--notify-keyspace-events', 'Exe', '--busy-reply-threshold', '20']);
    const [events, sink] = await restored({ redis: [server.endpoint], checkInterval: 100_000 });
    const script = `redis.call('SET', KEYS[1], 'x') local n = 0 while n < 30000000 do n = n + 1 end return 'done'`;
    const running = server.ask('EVAL', script, '1', 'b');
    await until('busy', async () => {
      const other = await Connection.open(server.endpoint);
      const reply = await other.call('GET', 'x');
      other.close();
      return reply !== null;
    });
    const before = Number(sink.restorations[0]!.offset);
    events.sync();
    expect(await running).toBe('done');
    await until('a fence', () => sink.fences.length === 1);
    expect(sink.fences[0]!.offset).toBeGreaterThanOrEqual(before);
    expect(sink.reasons).toEqual([]);
  });

  it('gives a hanging master up', async () => {
    const server = await RedisServer.start(['--notify-keyspace-events', 'Exe']);
    const [, sink] = await restored({ redis: [server.endpoint], commandTimeout: 200, connectTimeout: 200 });
    server.signal('SIGSTOP');
    await until('lost', () => sink.reasons.length > 0);
    server.signal('SIGCONT');
    await until('restored', () => sink.restorations.length === 2);
    expect(sink.reasons[0]).toContain('did not answer');
  });

  it('is silent once closed, also while connecting', async () => {
    const server = await RedisServer.start();
    const [events, sink] = listen({ redis: [server.endpoint], setNotify: true });
    await events.close();
    expect(sink.log).toEqual([]);
    const [other, heard] = await restored({ redis: [server.endpoint], setNotify: true });
    await other.close();
    other.sync();
    await expire(server, 'a');
    expect(heard.log).toEqual(['restored']);
  });
});
