/** Faults at awkward moments. A test marked as failing names a defect that is known; see its title. */
import {
  decodeEntries,
  standaloneMarkerKey as marker,
  type Op,
  ownField,
  type ReplyValue,
  timeOfUnix,
} from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { EngineSite, type SiteParts } from '../test-support/engine-site.ts';
import { assign, codec, peerOrigin, unit, units } from '../test-support/entries.ts';
import { lostAnswer, settle } from '../test-support/recorders.ts';

const quiet = { heartbeatMs: 1_000_000, ownMarkerMs: 1_000_000 };

function site(parts: SiteParts = {}): EngineSite {
  return new EngineSite({ limits: quiet, ...parts });
}

const isState = ({ type }: Op): boolean => type === 'state';

function field(key: string, name: string, index: number): Op {
  return { type: 'field', db: 0, index, key, field: name, value: new Uint8Array([52]) };
}

/** Flushes until nothing is left to flush. */
async function flushAll(engine: EngineSite): Promise<void> {
  for (let i = 0; i < 5; i++) {
    engine.log.flush();
    await engine.turn();
  }
}

/** A site that has applied two entries of a peer, and made a few writes of its marker. */
async function settledSite(): Promise<EngineSite> {
  const first = await site().run();
  for (const seq of [1, 2]) {
    first.receive(units(seq, seq));
    await first.turn();
  }
  expect(first.engine.status().origins).toMatchObject([{ settled: 2 }]);
  return first;
}

describe('the marker is damaged while nobody runs', () => {
  it('deleted: the next start takes it again', async () => {
    const first = await settledSite();
    await first.engine.stop();
    first.write('DEL', marker);
    const second = await site({ redis: first.redis, disk: first.disk, instance: '2' }).run();
    for (let i = 0; i < 5; i++) await second.turn(2000);
    expect(second.engine.status().state).toBe('running');
  });

  it('deleted, behind calls that the log does not know of: the next start takes it again', async () => {
    const first = await settledSite();
    first.receive(units(3, 3));
    await settle();
    await settle(); // it runs in Redis; its marker is never read
    first.crash();
    first.write('DEL', marker);
    const second = await site({ redis: first.redis, disk: first.disk, instance: '2' }).run();
    for (let i = 0; i < 5; i++) await second.turn(2000);
    expect(second.engine.status().state).toBe('running');
    expect(codec.read(peerOrigin, second.redis.hash(marker).get(peerOrigin) ?? '')).toMatchObject({ seq: 3 });
  });

  it('an old own value put back: the next start takes it again', async () => {
    const first = await site().run();
    const old = first.redis.hash(marker).get(ownField)!;
    for (let seq = 1; seq <= 4; seq++) {
      first.receive(units(seq, seq));
      await first.turn();
    }
    await first.engine.stop();
    first.write('HSET', marker, ownField, old);
    const second = await site({ redis: first.redis, disk: first.disk, instance: '2' }).run();
    for (let i = 0; i < 5; i++) await second.turn(2000);
    expect(second.engine.status().state).toBe('running');
  });

  it('seen deleted, and the process dies before the repair: the next one repairs it', async () => {
    const first = await settledSite();
    first.write('HDEL', marker, peerOrigin);
    first.mode = 'hold'; // the claim and the repair never arrive
    await first.turn(100);
    first.write('SET', 'k', 'v');
    await first.turn();
    first.crash();
    const second = await site({ redis: first.redis, disk: first.disk, instance: '2' }).run();
    expect(second.engine.status().state).toBe('running');
    second.receive(units(3, 3));
    for (let i = 0; i < 5; i++) await second.turn(2000);
    expect(second.redis.dump().has('0 k3')).toBe(true);
  });
});

describe('starting', () => {
  it('stopped before any Redis was there, it still begins anew the next time', async () => {
    const first = site();
    await first.engine.start();
    await first.engine.stop();
    const second = site({ redis: first.redis, disk: first.disk, instance: '2' });
    await second.engine.start();
    expect(second.sink!.resumeFrom()).toBeNull();
  });

  it('takes the marker though writes never pause', async () => {
    const busy = site({ flush: 'manual' });
    await busy.engine.start();
    busy.attach();
    for (let i = 0; i < 50; i++) {
      busy.write('SET', 'k', String(i));
      busy.deliver();
      busy.log.flush();
      await busy.timers.advance(1);
    }
    expect(busy.calls.length).toBeGreaterThan(0);
  });

  it('stopped while the first commit is under way, it leaves Redis alone', async () => {
    const early = site({ flush: 'manual' });
    await early.engine.start();
    early.attach();
    const stopping = early.engine.stop();
    for (let i = 0; i < 5; i++) {
      await settle();
      early.log.flush();
    }
    await early.timers.advance(2000);
    await stopping;
    await early.timers.advance(10_000);
    expect([early.reads, early.calls, early.timers.waiting]).toEqual([0, [], 0]);
  });
});

describe('running', () => {
  it('a correction is sent only after it is flushed, also when the lane opens in between', async () => {
    const racing = site({ flush: 'manual' });
    await racing.engine.start();
    racing.attach();
    await flushAll(racing);
    racing.mode = 'hold';
    racing.receive([unit(1, [assign('k', 'theirs')])]);
    racing.log.flush();
    await settle();
    racing.write('SET', 'k', 'ours');
    racing.release(lostAnswer); // it ran; the lane claims
    racing.deliver(); // the race is seen, a correction decided, its commit begun
    racing.mode = 'run';
    await racing.turn(1000); // the claim comes back; the commit is still under way
    expect(racing.engine.status().corrections).toEqual({ reassert: 1 });
    expect(racing.redis.dump().get('0 k')).toBe('string theirs ttl -1');
    await flushAll(racing);
    expect(racing.redis.dump().get('0 k')).toBe('string ours ttl -1');
  });

  it('an expiry set on what a correction then deletes and makes anew is set again', async () => {
    const racing = await site().run();
    racing.mode = 'hold';
    racing.receive([unit(1, [{ type: 'delete', db: 0, index: 0, key: 'k' }, field('k', 'g', 1)])]);
    await settle();
    await settle();
    racing.write('SET', 'k', 'x');
    racing.release(); // the older hash takes the place of the string
    await racing.turn();
    racing.write('PEXPIREAT', 'k', '1900000100000');
    racing.mode = 'run';
    racing.release(); // the correction: the hash is emptied, the string comes back without an expiry
    for (let i = 0; i < 3; i++) await racing.turn(100);
    expect(racing.redis.dump().get('0 k')).toBe('string x ttl 1900000100000');
  });

  it('no heartbeat dates the backlog of an outage: what was written in it stays old', async () => {
    const away = await site({ limits: { ...quiet, heartbeatMs: 100 } }).run();
    away.sink!.detached(new Error('gone'));
    for (const value of ['1', '2']) away.write('SET', 'k', value);
    await away.timers.advance(3_600_000);
    const back = away.timers.now;
    away.attach();
    const { length } = away.redis.bytes(away.sink!.resumeFrom()!.offset);
    away.deliver(away.redis.offset - Math.floor(length / 2));
    await away.timers.advance(100);
    away.deliver();
    await settle();
    const entries = decodeEntries(away.transport.host!.readOwn(1, 1 << 20)!.body);
    if ('code' in entries) throw new Error(entries.message);
    const missed = entries.filter(({ type }) => type === 'unit');
    expect(missed).toHaveLength(2);
    for (const { time } of missed) expect(time).toBeLessThan(timeOfUnix(back));
  });

  it('a claim that fails after it was seen loses nothing', async () => {
    const first = await settledSite();
    first.mode = 'hold';
    first.write('DEL', marker);
    await first.turn(100);
    await first.turn(100);
    first.release(lostAnswer);
    first.mode = 'run';
    for (let i = 0; i < 5; i++) await first.turn(2000);
    first.receive(units(3, 3));
    for (let i = 0; i < 5; i++) await first.turn(2000);
    expect(first.redis.dump().has('0 k3')).toBe(true);
    expect(codec.read(peerOrigin, first.redis.hash(marker).get(peerOrigin)!)).toMatchObject({ seq: 3 });
    expect(first.halts).toEqual([]);
  });
});

describe('another server becomes the master', () => {
  /** A call is answered, and what it did is lost with the master that did it; the next master goes on without it. */
  async function failsOver(here: EngineSite, values?: readonly ReplyValue[]): Promise<void> {
    expect(here.held).toHaveLength(1);
    here.held.shift()!.resolve({ ok: true, reply: 'ok:0', ...(values && { values }) });
    here.mode = 'run';
    here.sink!.detached(new Error('gone'));
    await settle();
    here.attach({ position: { ...here.sink!.resumeFrom()!, replicationId: 'e'.repeat(40) } });
    await here.timers.advance(100);
    await settle();
  }

  it('what the former had answered and nobody has seen is made again', async () => {
    const here = await settledSite();
    here.mode = 'hold';
    here.receive(units(3, 3));
    await here.turn();
    await failsOver(here);
    await here.turn(100);
    expect(here.redis.dump().has('0 k3')).toBe(true);
    expect(here.engine.status()).toMatchObject({
      origins: [{ settled: 3 }],
      pending: { inFlight: 0 },
      state: 'running',
    });
  });

  it('what the former had read is read again', async () => {
    const here = await settledSite();
    here.write('SET', 'from', 'v');
    await here.turn();
    here.mode = 'hold';
    here.write('RENAME', 'from', 'to');
    await here.turn();
    // It had no such key.
    await failsOver(here, [null, -2]);
    // The marker has been taken again; what follows is seen before it is answered.
    here.mode = 'hold';
    await here.turn();
    const { key, argv, resolve } = here.held.shift()!;
    const reply = here.redis.script(key, argv);
    await here.turn();
    resolve(reply);
    here.mode = 'run';
    await here.turn();
    while (here.held.length > 0) here.release();
    await here.turn();
    const entries = decodeEntries(here.transport.host!.readOwn(1, 1 << 20)!.body);
    if ('code' in entries) throw new Error(entries.message);
    const states = entries.flatMap((entry) => (entry.type === 'unit' ? entry.ops : [])).filter(isState);
    expect(states).toMatchObject([{ key: 'to', content: { kind: 'string' } }]);
  });
});

describe('stopping', () => {
  it('the status can be asked for afterwards', async () => {
    const stopped = await site().run();
    await Promise.all([stopped.engine.stop(), stopped.timers.advance(1000)]);
    expect(stopped.engine.status()).toMatchObject({ state: 'stopped' });
  });

  it('the log is closed though another port fails to', async () => {
    const broken = site({
      options: {
        source: { start: () => {}, pause: () => {}, resume: () => {}, close: () => Promise.reject(new Error('stuck')) },
      },
    });
    await broken.engine.start();
    await broken.engine.stop().catch(() => {});
    expect(broken.disk.holder).toBeUndefined();
  });

  it('tells a closed link nothing', async () => {
    const stopped = await site().run();
    stopped.write('SET', 'k', 'v');
    stopped.deliver();
    await stopped.engine.stop();
    expect(stopped.transport.told.at(-1)).toBe('close');
  });

  it('leaves no timer behind', async () => {
    const stopped = await site().run();
    await stopped.engine.stop();
    expect(stopped.timers.waiting).toBe(0);
  });
});
