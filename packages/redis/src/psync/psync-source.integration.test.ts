import type { Source } from '@entwine/core';
import { afterEach, describe, expect, it } from 'vitest';
import { RecordingSink } from '../testing/recording-sink.ts';
import { RedisServer, stopAllServers, until } from '../testing/redis-server.ts';
import { createPsyncSource, type PsyncSourceOptions } from './psync-source.ts';

const sources: Source[] = [];

function attach(options: PsyncSourceOptions, resume: RecordingSink['resume'] = null): [Source, RecordingSink] {
  const source = createPsyncSource({ ackInterval: 100, ...options });
  const sink = new RecordingSink();
  sink.resume = resume;
  source.start(sink);
  sources.push(source);
  return [source, sink];
}

const attached = (sink: RecordingSink, count: number = 1): Promise<unknown> =>
  until('attached', () => sink.attachments.length >= count);
const arrived = (sink: RecordingSink, text: string): Promise<unknown> =>
  until(`${text} in the stream`, () => sink.stream.includes(text));
const caughtUp = (sink: RecordingSink, server: RedisServer): Promise<unknown> =>
  until('the offset of the server', async () => sink.offset === Number(await server.info('master_repl_offset')));

async function withReplica(args: string[] = []): Promise<[RedisServer, RedisServer]> {
  const [master, replica] = await Promise.all([RedisServer.start(args), RedisServer.start(args)]);
  await replica.follow(master);
  return [master, replica];
}

afterEach(async () => {
  await Promise.all(sources.splice(0).map((source) => source.close()));
  await stopAllServers();
});

describe('attaching', () => {
  it.each([
    ['disk-based', ['--repl-diskless-sync', 'no']],
    ['diskless', ['--repl-diskless-sync', 'yes']],
  ])('reads a %s snapshot and then the stream with exact offsets', async (_, args) => {
    const master = await RedisServer.start(args);
    const populate = "for i = 1, 20000 do redis.call('SET', 'key' .. i, string.rep('v', i % 200)) end return 'done'";
    expect(await master.ask('EVAL', populate, '0')).toBe('done');
    const [, sink] = attach({ redis: [master.endpoint] });
    await attached(sink);
    expect(sink.last).toMatchObject({ mode: 'full', empty: false, role: 'master' });
    expect(sink.last!.endpoint).toBe(`127.0.0.1:${master.port}`);
    expect(sink.last!.position.replicationId).toBe(await master.info('master_replid'));
    for (let i = 0; i < 100; i++) await master.ask('SET', `k${i}`, '\u0001'.repeat(i));
    await arrived(sink, 'k99');
    await caughtUp(sink, master);
    // A master's periodic ping may come first.
    const commands = sink.stream.replace(/^(\*1\r\n\$4\r\nping\r\n)+/i, '');
    expect(commands.startsWith('*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$2\r\nk0\r\n')).toBe(true);
  });

  it('tells empty from not empty, and the database of a chained stream', async () => {
    const [master, replica] = await withReplica();
    const [one, empty] = attach({ redis: [master.endpoint], capture: 'master' });
    await attached(empty);
    expect(empty.last).toMatchObject({ mode: 'full', empty: true });
    await one.close();
    await master.ask('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() return 1 end)");
    const [two, functions] = attach({ redis: [master.endpoint], capture: 'master' });
    await attached(functions);
    expect(functions.last).toMatchObject({ mode: 'full', empty: false });
    await two.close();
    await master.ask('FUNCTION', 'FLUSH');
    const writing = master.ask('SELECT', '5').then(() => master.ask('SET', 'chained', '1'));
    await writing;
    await until('the key at the replica', async () => (await replica.info('db5')) !== '');
    const [, chained] = attach({ redis: [replica.endpoint], capture: 'replica' });
    await attached(chained);
    expect(chained.last).toMatchObject({ mode: 'full', empty: false, role: 'replica', position: { db: 5 } });
    await master.ask('SET', 'next', '1');
    await arrived(chained, 'next');
    expect(chained.stream).not.toContain('SELECT');
    await caughtUp(chained, replica);
  });

  it("prefers a replica, acknowledges to it what it read, and stays out of the master's sight", async () => {
    const [master, replica] = await withReplica();
    const [, sink] = attach({ redis: [master.endpoint] });
    await attached(sink);
    expect(sink.last).toMatchObject({ role: 'replica', endpoint: `127.0.0.1:${replica.port}` });
    await master.ask('SET', 'a', '1');
    await arrived(sink, 'SET');
    expect(await master.info('connected_slaves')).toBe('1');
    expect(await replica.info('slave0')).toContain('port=-1,state=online');
    await until('our acknowledgement', async () => {
      return (await replica.info('slave0')).includes(`offset=${await replica.info('master_repl_offset')},`);
    });
  });

  it('acknowledges 0 to a master, so that WAIT does not count it', async () => {
    const master = await RedisServer.start();
    const [, sink] = attach({ redis: [master.endpoint] });
    await attached(sink);
    await master.ask('SET', 'a', '1');
    await arrived(sink, 'SET');
    expect(await master.ask('WAIT', '1', '300')).toBe(0);
    expect(await master.info('slave0')).toMatch(/port=-1,state=online,offset=0,lag=[01]/);
  });
});

describe('resuming', () => {
  it('continues where a closed source had stopped', async () => {
    const master = await RedisServer.start();
    const [source, sink] = attach({ redis: [master.endpoint] });
    await attached(sink);
    await master.ask('SET', 'a', '1');
    await arrived(sink, 'SET');
    await caughtUp(sink, master);
    await source.close();
    const heard = sink.log.length;
    await master.ask('SET', 'missed', '1');
    const end = Number(await master.info('master_repl_offset'));
    const position = { ...sink.position, db: 0 };
    const [, again] = attach({ redis: [master.endpoint] }, position);
    await attached(again);
    expect(again.last).toMatchObject({ mode: 'continue', position, backlogEnd: end });
    await arrived(again, 'missed');
    expect(again.stream.startsWith('*')).toBe(true);
    await caughtUp(again, master);
    expect(sink.log.length).toBe(heard);
  });

  it('continues under a changed id when its replica is promoted', async () => {
    const [master, replica] = await withReplica();
    const [, sink] = attach({ redis: [master.endpoint, replica.endpoint] });
    await attached(sink);
    await master.ask('SET', 'a', '1');
    await arrived(sink, 'SET');
    const old = sink.last!.position.replicationId;
    sink.resume = { ...sink.position, db: 0 };
    await master.kill();
    await replica.ask('REPLICAOF', 'NO', 'ONE');
    await attached(sink, 2);
    expect(sink.last).toMatchObject({ mode: 'continue', role: 'master' });
    expect(sink.last!.position).toMatchObject({ offset: sink.resume.offset, db: 0 });
    expect(sink.last!.position.replicationId).not.toBe(old);
    expect(sink.last!.position.replicationId).toBe(await replica.info('master_replid'));
    await replica.ask('SET', 'after', '1');
    await arrived(sink, 'after');
    await caughtUp(sink, replica);
  });

  it('gets a snapshot when the position is one byte past the common history', async () => {
    const [master, replica] = await withReplica();
    const [source, sink] = attach({ redis: [master.endpoint], capture: 'master' });
    await attached(sink);
    await caughtUp(sink, replica);
    await source.close();
    await master.kill();
    await replica.ask('REPLICAOF', 'NO', 'ONE');
    const common = Number(await replica.info('second_repl_offset')) - 1;
    const { replicationId } = sink.last!.position;
    for (const [offset, mode] of [
      [common, 'continue'],
      [common + 1, 'full'],
    ] as const) {
      const [next, found] = attach({ redis: [replica.endpoint] }, { replicationId, offset, db: 0 });
      await attached(found);
      expect(found.last!.mode).toBe(mode);
      await next.close();
    }
  });

  it('continues at the master when the only replica was rebuilt past the position', async () => {
    const [master, replica] = await withReplica();
    const [source, sink] = attach({ redis: [master.endpoint] });
    await attached(sink);
    await source.close();
    await replica.kill();
    await master.ask('SET', 'meanwhile', '1');
    await replica.launch();
    await replica.follow(master);
    const [, again] = attach({ redis: [master.endpoint] }, sink.position);
    await attached(again);
    expect(again.last).toMatchObject({ mode: 'continue', role: 'master' });
    await arrived(again, 'meanwhile');
  });
});

describe('trouble', () => {
  it('comes back after the master was killed in mid-stream', async () => {
    const master = await RedisServer.start(['--appendonly', 'no']);
    const [, sink] = attach({ redis: [master.endpoint] });
    await attached(sink);
    await master.kill();
    await until('a failed attempt', () => sink.failures.some((error) => error.code === 'unreachable'));
    expect(sink.failures[0]!.code).toBe('disconnected');
    await master.launch();
    await attached(sink, 2);
    expect(sink.last).toMatchObject({ mode: 'full', empty: true });
    await master.ask('SET', 'back', '1');
    await arrived(sink, 'back');
    const order = sink.log.filter((line) => line !== 'bytes').map((line) => line.split(' ')[0]);
    expect(order.filter((line) => line === 'attached')).toHaveLength(2);
    expect(order.indexOf('detached')).toBe(1);
  });

  it('leaves a replica that has lost its master once it is silent for too long', async () => {
    const [master, replica] = await withReplica(['--repl-ping-replica-period', '1']);
    const [, sink] = attach({ redis: [replica.endpoint], idleTimeout: 1500 });
    await attached(sink);
    master.signal('SIGSTOP');
    await until('idle', () => sink.failures.some((error) => error.code === 'idle'));
    master.signal('SIGCONT');
    await attached(sink, 2);
  });

  it('is refused by a replica without a master and takes it when the link is back', async () => {
    const [master, replica] = await withReplica();
    await master.kill();
    await until('link down', async () => (await replica.info('master_link_status')) === 'down');
    const [, sink] = attach({ redis: [replica.endpoint], capture: 'replica' });
    await until('two failures', () => sink.failures.length >= 2);
    expect(new Set(sink.failures.map((error) => error.code))).toEqual(new Set(['master-link-down']));
    await master.launch();
    await attached(sink);
    expect(sink.last).toMatchObject({ role: 'replica' });
  });

  it('pauses reading while acknowledgements go on', async () => {
    const master = await RedisServer.start(['--repl-timeout', '3', '--repl-ping-replica-period', '1']);
    const [source, sink] = attach({ redis: [master.endpoint], idleTimeout: 2000 });
    await attached(sink);
    source.pause();
    const before = sink.offset;
    const value = 'x'.repeat(1_000_000);
    for (let i = 0; i < 20; i++) await master.ask('SET', `big${i}`, value);
    // Longer than the server's repl-timeout and our idle timeout.
    const start = Number(await master.info('uptime_in_seconds'));
    await until('5 s of the server', async () => Number(await master.info('uptime_in_seconds')) > start + 5);
    expect(sink.offset).toBe(before);
    expect(await master.info('slave0')).toContain('state=online');
    source.resume();
    await caughtUp(sink, master);
    expect(sink.attachments).toHaveLength(1);
    expect(sink.stream).toContain('big19');
  });

  it('attaches while paused and gives nothing before it is resumed', async () => {
    const master = await RedisServer.start();
    const source = createPsyncSource({ redis: [master.endpoint] });
    sources.push(source);
    const sink = new RecordingSink();
    source.pause();
    source.start(sink);
    await attached(sink);
    await master.ask('SET', 'a', '1');
    expect(sink.log).toEqual(['attached full']);
    source.resume();
    await arrived(sink, 'SET');
    await caughtUp(sink, master);
  });

  it('closes at any time, and says nothing afterwards', async () => {
    const master = await RedisServer.start();
    for (const turns of [0, 1, 2, 3, 5, 8, 13, 21, 34, 55]) {
      const [source, sink] = attach({ redis: [master.endpoint] });
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      await source.close();
      const heard = sink.log.length;
      await master.ask('SET', 'a', String(turns));
      expect(sink.log.length).toBe(heard);
      expect(sink.failures).toEqual([]);
    }
    await until('no replica left', async () => (await master.info('connected_slaves')) === '0');
  });

  it('gives chunks that stay as they are', async () => {
    const master = await RedisServer.start();
    const [, sink] = attach({ redis: [master.endpoint] });
    await attached(sink);
    const copies: Buffer[] = [];
    const keep = sink.bytes.bind(sink);
    sink.bytes = (chunk) => {
      copies.push(Buffer.from(chunk));
      keep(chunk);
    };
    for (let i = 0; i < 50; i++) await master.ask('SET', `key${i}`, String(i % 10).repeat(20_000));
    await arrived(sink, 'key49');
    await caughtUp(sink, master);
    expect(Buffer.concat(sink.chunks).equals(Buffer.concat(copies))).toBe(true);
  });
});
