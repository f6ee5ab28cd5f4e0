import { afterEach, describe, expect, it } from 'vitest';
import { discover } from '../discovery/discover.ts';
import { createPsyncSource } from '../psync/psync-source.ts';
import type { RedisEndpoint } from '../redis-endpoint.ts';
import { createTarget } from '../target/redis-target.ts';
import { RecordingSink } from '../testing/recording-sink.ts';
import { RedisServer, stopAllServers, until } from '../testing/redis-server.ts';
import { aclLines } from './acl-lines.ts';
import { inspectServer } from './inspect-server.ts';

afterEach(stopAllServers);

/** Grants an ACL line with a password in its place, and gives the endpoint of that user. */
async function grant(server: RedisServer, line: string, user: string): Promise<RedisEndpoint> {
  const password = `${user}-password`;
  const words = line.replace('>PASSWORD', `>${password}`).split(' ');
  expect(await server.ask(...words)).toBe('OK');
  return { ...server.endpoint, username: user, password };
}

describe('inspectServer', () => {
  it('gives the facts of a master and of its replica', async () => {
    const settings = ['--notify-keyspace-events', 'Exe', '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'];
    const replication = ['--min-replicas-to-write', '1', '--repl-timeout', '77', '--repl-backlog-size', '3mb'];
    const master = await RedisServer.start([...settings, ...replication]);
    const valkey = await master.info('valkey_version');
    const replica = await RedisServer.start();
    await replica.follow(master);
    await until('the replica online', async () => (await master.info('slave0')).includes('state=online'));
    const written = master.ask('SET', 'a', 'x'.repeat(100_000));
    const facts = await inspectServer(master.endpoint, { interval: 100 });
    await written;
    expect(facts).toMatchObject({
      endpoint: `127.0.0.1:${master.port}`,
      product: valkey === '' ? 'redis' : 'valkey',
      version: valkey || (await master.info('redis_version')),
      role: 'master',
      clusterEnabled: false,
      replicationId: await master.info('master_replid'),
      replicas: [{ host: '127.0.0.1', port: replica.port, state: 'online' }],
      master: undefined,
      masterLinkUp: undefined,
      backlogSize: 3 * 1024 * 1024,
      maxmemory: 100 * 1024 * 1024,
      maxmemoryPolicy: 'allkeys-lru',
      minReplicasToWrite: 1,
      minReplicasMaxLag: 10,
      replTimeout: 77,
      replPingPeriod: 10,
      replBacklogTtl: 3600,
      databases: 16,
    });
    expect([...facts.notifyKeyspaceEvents!].sort().join('')).toBe('Eex');
    expect(facts.writeRate).toBeGreaterThanOrEqual(0);
    expect(Object.values(facts.rights)).toEqual(Object.values(facts.rights).map(() => true));
    const other = await inspectServer(replica.endpoint, { interval: 10 });
    expect(other).toMatchObject({ role: 'replica', masterLinkUp: true, master: { port: master.port }, replicas: [] });
  });

  it('measures the write rate over the clock given', async () => {
    const master = await RedisServer.start();
    const source = createPsyncSource({ redis: [master.endpoint] });
    const sink = new RecordingSink();
    expect((await inspectServer(master.endpoint, { interval: 1 })).writeRate).toBeUndefined();
    source.start(sink);
    await until('attached', () => sink.last);
    await master.ask('SET', 'first', '1');
    const times = [1000, 3000];
    const facts = await inspectServer(master.endpoint, {
      now: () => times.shift()!,
      after: (_, run) => {
        void master.ask('SET', 'a', 'x'.repeat(10_000)).then(run);
        return () => {};
      },
    });
    const end = Number(await master.info('master_repl_offset'));
    expect(facts.writeRate).toBeGreaterThan(5000);
    expect(facts.writeRate).toBeLessThanOrEqual(end / 2);
    await source.close();
  });

  it('reports what is denied instead of failing, and changes nothing by probing', async () => {
    const server = await RedisServer.start();
    const line = 'ACL SETUSER poor on >PASSWORD +ping +info';
    const poor = await grant(server, line, 'poor');
    const facts = await inspectServer(poor, { interval: 1 });
    expect(facts.notifyKeyspaceEvents).toBeUndefined();
    expect(facts.databases).toBeUndefined();
    const allowed = Object.entries(facts.rights).filter(([, yes]) => yes);
    expect(allowed.map(([right]) => right).sort()).toEqual(['INFO', 'PING']);
    expect(await server.ask('DBSIZE')).toBe(0);
    expect(await server.info('connected_slaves')).toBe('0');
    expect(await server.info('sync_full')).toBe('0');
    await inspectServer(server.endpoint, { interval: 1 });
    expect(await server.ask('DBSIZE')).toBe(0);
    expect(await server.info('sync_full')).toBe('0');
  });
});

describe('aclLines', () => {
  it('lets the capture user discover, attach and check, and nothing with keys', async () => {
    const [master, replica] = await Promise.all([RedisServer.start(), RedisServer.start()]);
    await replica.follow(master);
    const users = await Promise.all([master, replica].map((node) => grant(node, aclLines('cap').capture, 'cap')));
    const found = await discover({ redis: users, capture: 'auto' });
    expect(found).toMatchObject({ role: 'replica', master: { port: master.port } });
    const source = createPsyncSource({ redis: users });
    const sink = new RecordingSink();
    source.start(sink);
    await until('attached', () => sink.last);
    await source.close();
    const facts = await inspectServer(users[0]!, { interval: 1 });
    expect(facts.databases).toBe(16);
    expect(facts.rights).toEqual({
      PING: true,
      INFO: true,
      REPLCONF: true,
      PSYNC: true,
      'CONFIG GET': true,
      'CONFIG SET': true,
      PSUBSCRIBE: true,
      COMMAND: true,
      PUBLISH: false,
      EVALSHA: false,
      'SCRIPT LOAD': false,
      HSET: false,
      HGETALL: false,
    });
  });

  it('lets the apply user do what scripts do, and not PSYNC', async () => {
    const server = await RedisServer.start();
    const user = await grant(server, aclLines('app').apply, 'app');
    const script = `redis.call('SELECT', 3) redis.call('SET', 'k', 'v') redis.call('PEXPIREAT', 'k', '9999999999999')
      local dump = redis.call('DUMP', 'k') redis.call('RESTORE', 'copy', 0, dump, 'ABSTTL') redis.call('TIME')
      redis.call('XADD', 's', '1-1', 'f', 'v') redis.call('ZADD', 'z', 1, 'm') redis.call('RPUSH', 'l', 'e')
      redis.call('PFADD', 'p', 'e') redis.call('SWAPDB', 3, 4) redis.call('FLUSHDB')
      redis.call('HSET', KEYS[1], 'f', ARGV[1]) return redis.call('TYPE', KEYS[1])['ok']`;
    const target = createTarget({ redis: [user], script, freeingScript: `#!lua flags=allow-oom\nreturn 1` });
    const reply = await until('applied', async () => {
      const tried = await target.apply('entwine:{}', ['x'], false);
      return tried.ok || tried.sent ? tried : undefined;
    });
    expect(reply).toEqual({ ok: true, reply: 'hash' });
    await target.close();
    const facts = await inspectServer(user, { interval: 1 });
    expect(facts.rights).toMatchObject({ EVALSHA: true, 'SCRIPT LOAD': true, HSET: true, HGETALL: true, PSYNC: false });
  });

  it.each([false, true])('may be given to one user, in either order; publishing: %s', async (publish) => {
    const server = await RedisServer.start();
    const lines = aclLines('both', { publish });
    for (const order of [
      [lines.capture, lines.apply],
      [lines.apply, lines.capture],
    ]) {
      await server.ask('ACL', 'DELUSER', 'both');
      let user = server.endpoint;
      for (const line of order) user = await grant(server, line, 'both');
      const { PUBLISH, ...rights } = (await inspectServer(user, { interval: 1 })).rights;
      expect(Object.values(rights).every((allowed) => allowed)).toBe(true);
      expect(PUBLISH).toBe(publish);
    }
  });
});
