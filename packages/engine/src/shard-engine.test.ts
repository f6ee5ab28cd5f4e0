import { decodeEntries, type Entry, standaloneMarkerKey as marker, type Op, ownField, timeOfUnix } from '@entwine/core';
import { MemoryLogDisk } from '@entwine/testkit';
import { describe, expect, it } from 'vitest';
import { EngineSite, type SiteParts } from '../test-support/engine-site.ts';
import { assign, batchOf, beat, codec, peerOrigin, peerTime, startMs, unit, units } from '../test-support/entries.ts';
import { lostAnswer, settle } from '../test-support/recorders.ts';
import { SmallRedis } from '../test-support/small-redis.ts';
import { ledgerKey } from './ledger.ts';

const quiet = { heartbeatMs: 1_000_000, ownMarkerMs: 1_000_000 };

async function running(parts: SiteParts = {}): Promise<EngineSite> {
  const site = await new EngineSite({ limits: quiet, ...parts }).run();
  expect(site.engine.status()).toMatchObject({ state: 'running', reason: '' });
  return site;
}

/** Our own log as a peer reads it. */
function shipped(site: EngineSite): Entry[] {
  const batch = site.transport.host!.readOwn(site.engine.status().seq.first, 1 << 20);
  const entries = decodeEntries(batch?.body ?? new Uint8Array(0));
  if ('code' in entries) throw new Error(entries.message);
  return entries;
}

/** Flushes until nothing is left to flush. */
async function flushAll(site: EngineSite): Promise<void> {
  for (let i = 0; i < 5; i++) {
    site.log.flush();
    await site.turn();
  }
}

const own = (site: EngineSite) => codec.read(ownField, site.redis.hash(marker).get(ownField) ?? '');
const peer = (site: EngineSite) => codec.read(peerOrigin, site.redis.hash(marker).get(peerOrigin) ?? '');

describe('a first start', () => {
  it('on an empty Redis: the log first, then the marker, then the link', async () => {
    const site = new EngineSite({ flush: 'manual', limits: quiet });
    await site.engine.start();
    expect(site.engine.status()).toMatchObject({ state: 'starting', position: null });
    site.attach();
    await settle();
    expect(site.calls).toEqual([]);
    await flushAll(site);
    expect(site.redis.hash(marker).size).toBe(1);
    expect(site.engine.status()).toMatchObject({ state: 'running', attached: 'full', role: 'master' });
    expect(site.transport.told).toEqual(['start']);
  });

  it('on a Redis that holds data: resync-required, and nothing is written anywhere', async () => {
    const site = new EngineSite({ limits: quiet });
    await site.engine.start();
    site.attach({ mode: 'full', empty: false });
    await site.turn(5000);
    expect(site.halts).toEqual([expect.stringMatching(/^resync-required: redis:6379 already holds data/)]);
    expect(site.engine.status()).toMatchObject({
      state: 'resync-required',
      reason: expect.stringMatching('holds data'),
    });
    expect([site.calls, site.reads, site.transport.told, site.log.get(ledgerKey)]).toEqual([[], 0, [], undefined]);
    expect(site.sourceTold).toEqual(['close']);
    expect(site.timers.waiting).toBe(0);
    await site.engine.stop();
  });
});

describe('capture and apply', () => {
  it('a local write becomes one entry, shipped when flushed', async () => {
    const site = await running();
    site.write('SET', 'k', 'v');
    await site.turn();
    expect(shipped(site)).toMatchObject([{ type: 'unit', seq: 1, ops: [{ type: 'assign', key: 'k' }] }]);
    expect(site.transport.told.at(-1)).toBe('flushed 1');
    expect(site.engine.status()).toMatchObject({ capturedUnits: 1, seq: { captured: 1, flushed: 1 } });
  });

  it('a received entry is applied once, settled, acknowledged, and not shipped', async () => {
    const site = await running();
    site.receive(units(1, 3));
    site.receive(units(1, 3));
    await site.turn();
    expect([...site.redis.dump().keys()]).toEqual(['0 k1', '0 k2', '0 k3']);
    expect(peer(site)).toMatchObject({ seq: 3, time: peerTime(3) });
    expect(site.transport.told.at(-1)).toBe(`settled ${peerOrigin} 3`);
    expect(shipped(site)).toEqual([]);
    expect(site.engine.status()).toMatchObject({
      origins: [{ received: 3, settled: 3, appliedEntries: 3, deduplicated: 3 }],
      pending: { inbox: 0, inFlight: 0 },
    });
  });

  it('nothing received is decided or acknowledged before it is flushed', async () => {
    const site = new EngineSite({ flush: 'manual', limits: quiet });
    await site.engine.start();
    site.attach();
    await flushAll(site);
    const before = site.calls.length;
    site.receive(units(1, 1));
    await site.turn();
    expect(site.calls).toHaveLength(before);
    site.log.flush();
    await site.turn();
    expect(site.redis.dump().size).toBe(1);
    expect(site.transport.told.filter((line) => line.startsWith('settled'))).toEqual([]);
    site.log.flush();
    await site.turn();
    expect(site.transport.told.at(-1)).toBe(`settled ${peerOrigin} 1`);
  });

  it('a call whose answer is lost, and one that never ran, take effect once', async () => {
    const site = await running();
    site.mode = 'hold';
    site.receive([unit(1, [count(1n)])]);
    await site.turn();
    site.release(lostAnswer);
    site.mode = 'run';
    await site.turn(2000);
    expect(site.redis.dump().get('0 n')).toBe('string 1 ttl -1');
    expect(site.engine.status().pending.inFlight).toBe(0);
  });

  it('a local write that overtook a remote one is put back', async () => {
    const site = await running();
    site.mode = 'hold';
    site.receive([unit(1, [assign('k', 'theirs')])]);
    await settle();
    await settle();
    expect(site.held).toHaveLength(1);
    site.write('SET', 'k', 'ours');
    site.mode = 'run';
    site.release();
    await site.turn();
    expect(site.redis.dump().get('0 k')).toBe('string ours ttl -1');
    expect(site.engine.status().corrections).toEqual({ reassert: 1 });
    expect(shipped(site)).toHaveLength(1);
  });

  it('heartbeatMs: an idle site ships heartbeats and nothing else', async () => {
    const site = await running({ limits: { ...quiet, heartbeatMs: 100 } });
    await site.turn(1000);
    expect(shipped(site).map(({ type }) => type)).toEqual(Array(10).fill('heartbeat'));
    expect(site.engine.status()).toMatchObject({ heartbeats: 10, capturedUnits: 0, loopsSuppressed: 1 });
  });

  it('ownMarkerMs: our field follows the log while the stream moves, and rests with it', async () => {
    const site = await running({ limits: { ...quiet, ownMarkerMs: 100 } });
    await site.turn(500);
    expect(site.calls).toHaveLength(1);
    site.write('SET', 'k', 'v');
    await site.turn();
    await site.turn(1000);
    expect(own(site)).toMatchObject({ seq: 1 });
    expect(site.calls).toHaveLength(2);
  });

  it('maxPendingBytes: pauses the source above it, and resumes at half', async () => {
    const site = new EngineSite({ flush: 'manual', limits: { ...quiet, maxPendingBytes: 1000 } });
    await site.engine.start();
    site.attach();
    await flushAll(site);
    site.write('SET', 'k', 'x'.repeat(600));
    site.deliver();
    expect(site.sourceTold).toEqual([]);
    site.write('SET', 'k', 'x'.repeat(600));
    site.deliver();
    expect(site.sourceTold).toEqual(['pause']);
    await flushAll(site);
    expect(site.sourceTold).toEqual(['pause', 'resume']);
  });

  it('maxInboxBytes, maxBatchOps and maxInFlight reach the parts that act on them', async () => {
    const site = await running({ limits: { ...quiet, maxInboxBytes: 10, maxBatchOps: 1, maxInFlight: 1 } });
    site.mode = 'hold';
    const before = site.calls.length;
    site.receive(units(1, 300));
    expect(site.transport.told.at(-1)).toBe(`pause ${peerOrigin}`);
    await settle();
    await settle();
    expect(site.calls).toHaveLength(before + 1);
    site.mode = 'run';
    site.release();
    for (let i = 0; i < 10; i++) await site.turn();
    expect(site.redis.dump().size).toBe(300);
    expect(site.transport.told).toContain(`resume ${peerOrigin}`);
  });

  it('the cut follows what everybody has settled, and the logs are trimmed down to it', async () => {
    const site = await running({ limits: { ...quiet, heartbeatMs: 100, keepLogMs: 0 } });
    await everybodySettles(site);
    const status = site.engine.status();
    expect(status.window).toMatchObject({ keys: 0, stableUnixMs: startMs + 1700 });
    expect(status.seq.first).toBeGreaterThan(10);
    const kept = site.log.streams().map(({ first }) => first);
    for (const first of kept) expect(first).toBeGreaterThan(10);
  });

  it('keepLogMs: the logs are kept for so long beyond the cut', async () => {
    const site = await running({ limits: { ...quiet, heartbeatMs: 100, keepLogMs: 600_000 } });
    await everybodySettles(site);
    expect(site.engine.status().window).toMatchObject({ keys: 0, stableUnixMs: startMs + 1700 });
    expect(site.engine.status().seq.first).toBe(1);
  });
});

/** Both peers beat, and settle and acknowledge what there is, for two seconds. */
async function everybodySettles(site: Awaited<ReturnType<typeof running>>): Promise<void> {
  site.write('SET', 'k', 'v');
  const later = (ms: number): number => timeOfUnix(startMs + ms);
  for (let seq = 1; seq <= 20; seq++) {
    await site.turn(100);
    const w = later(seq * 100 - 300);
    site.receive([beat(seq, w, later(seq * 100))]);
    site.receive([beat(seq, w, later(seq * 100), 3)], 'c/main/c1');
    const { last } = site.transport.host!.ownRange();
    for (const name of ['b', 'c']) site.transport.host!.acknowledged(name, last);
  }
  await site.turn(100);
}

function count(by: bigint) {
  const base = { stable: 0 };
  return {
    type: 'count',
    db: 0,
    index: 0,
    key: 'n',
    cell: 'string',
    field: '',
    base,
    sum: by,
    by,
    previous: 0,
  } as const;
}

describe('when the position is lost', () => {
  it('a full synchronisation later stops the shard; what was flushed stays readable', async () => {
    const site = await running();
    site.write('SET', 'k', 'v');
    await site.turn();
    site.sink!.detached(new Error('gone'));
    expect(site.engine.status()).toMatchObject({ state: 'starting', reason: 'not attached to a Redis' });
    site.attach({ mode: 'full', empty: true });
    await site.turn(5000);
    expect(site.halts).toEqual([expect.stringMatching(/^resync-required: .*can't continue from f{40}:/)]);
    expect(site.transport.told.at(-1)).toBe('close');
    site.write('SET', 'k', 'w');
    site.deliver();
    await site.turn(5000);
    expect(site.engine.status().capturedUnits).toBe(1);
    expect(site.timers.waiting).toBe(0);
    await site.engine.stop();
  });

  it('a log that is another’s than the marker’s', async () => {
    const first = await running();
    await first.engine.stop();
    const site = new EngineSite({ redis: first.redis, limits: quiet, instance: '2' });
    await site.engine.start();
    site.attach(); // taken for empty
    await site.turn();
    expect(site.halts).toEqual([
      expect.stringMatching(/^resync-required: this Redis was last served from another log/),
    ]);
  });

  it('a log that ends before the marker’s seq', async () => {
    const first = await running();
    const copy = copyOf(first.disk);
    first.write('SET', 'k', 'v');
    await first.turn();
    first.receive(units(1, 1)); // any call carries our seq
    await first.turn();
    await first.engine.stop();
    const site = new EngineSite({ redis: first.redis, disk: copy, limits: quiet, instance: '2' });
    site.engine.start();
    site.attach();
    await settle();
    await site.turn();
    expect(site.halts).toEqual([expect.stringMatching(/^resync-required: the marker (knows our log|names)/)]);
  });

  it('a log that lacks entries that the marker names', async () => {
    const first = await running();
    const copy = copyOf(first.disk);
    first.receive(units(1, 1));
    await first.turn();
    await first.engine.stop();
    const site = new EngineSite({ redis: first.redis, disk: copy, limits: quiet, instance: '2' });
    await site.engine.start();
    site.attach();
    site.deliver();
    expect(site.halts).toEqual([expect.stringMatching(/names b\/main\/b1 up to seq 1, our log holds it up to 0/)]);
  });

  it('a peer that holds more of our log than we do', async () => {
    const site = await running();
    site.transport.host!.originAhead('b', 99);
    expect(site.halts).toEqual([expect.stringMatching(/^resync-required: b holds our log up to seq 99/)]);
  });

  it('a stream that cannot be read', async () => {
    const site = await running();
    site.sink!.bytes(new TextEncoder().encode('*x\r\n'));
    expect(site.halts).toEqual([expect.stringMatching(/^failed: the replication stream cannot be read at offset/)]);
  });
});

describe('two processes of one site', () => {
  it('the one that started last goes on, the other stops as superseded', async () => {
    const first = await running();
    first.write('SET', 'k', '1');
    await first.turn();
    const second = await running({ redis: first.redis, disk: copyOf(first.disk), instance: '2' });
    await first.turn();
    expect(first.engine.status().state).toBe('superseded');
    expect([first.halts, second.halts]).toEqual([[expect.stringMatching(/^superseded/)], []]);
    expect(first.transport.told.at(-1)).toBe('close');
    second.receive(units(1, 1));
    await second.turn();
    expect(second.redis.dump().has('0 k1')).toBe(true);
  });

  it('a call of the first that arrives late does nothing', async () => {
    const first = await running();
    first.mode = 'hold';
    first.receive([unit(1, [count(1n)])]);
    await first.turn();
    const second = await running({ redis: first.redis, disk: copyOf(first.disk), instance: '2' });
    second.receive([unit(1, [count(1n)])]);
    await second.turn();
    first.release();
    await second.turn();
    expect(second.redis.dump().get('0 n')).toBe('string 1 ttl -1');
    expect(second.halts).toEqual([]);
  });
});

/** What it receives is applied, and the process dies before the stream has told. @returns the process that follows. */
async function diesUnsettled(first: EngineSite, ...received: Parameters<EngineSite['receive']>): Promise<EngineSite> {
  first.mode = 'hold';
  first.receive(...received);
  await settle();
  await settle();
  first.release();
  first.crash();
  return running({ redis: first.redis, disk: first.disk, instance: '2' });
}

describe('a restart', () => {
  it('goes on where the log ends: nothing twice, nothing lost', async () => {
    const first = await running();
    first.receive([unit(1, [count(1n)])]);
    first.write('SET', 'k', 'v');
    await first.turn();
    first.write('SET', 'after', 'v');
    first.crash();
    const second = await running({ redis: first.redis, disk: first.disk, instance: '2' });
    await second.turn();
    expect(shipped(second).map(({ seq }) => seq)).toEqual([1, 2]);
    second.receive([unit(1, [count(1n)]), unit(2, [count(2n)])]);
    await second.turn();
    expect(second.redis.dump().get('0 n')).toBe('string 2 ttl -1');
  });

  it('entries that were applied and not settled when the process died count once', async () => {
    const first = await running();
    const second = await diesUnsettled(first, [unit(1, [count(5n)])]);
    await second.turn();
    expect(second.redis.dump().get('0 n')).toBe('string 5 ttl -1');
    expect(second.engine.status().origins).toMatchObject([{ settled: 1 }]);
  });

  it('so do increments upon a key that had ended', async () => {
    const ended: Op = { type: 'end', db: 0, index: 0, key: 'n', covers: [], expires: false };
    const first = await running();
    first.receive([unit(1, [ended])]);
    await first.turn();
    const base = { exact: { time: peerTime(1), priority: 2, index: 0 } };
    const second = await diesUnsettled(first, [unit(2, [{ ...count(5n), base }])]);
    await second.turn();
    await second.turn();
    expect(second.redis.dump().get('0 n')).toBe('string 5 ttl -1');
    expect(second.engine.status()).toMatchObject({ origins: [{ settled: 2 }] });
    expect(second.engine.status().corrections.reassert).toBeUndefined();
  });

  it('a flush that was applied and not settled when the process died: what is older stays gone', async () => {
    const first = await running();
    first.redis.execute(1, [['SET', 'k', 'old']]);
    await first.turn();
    const now = timeOfUnix(first.timers.now);
    const second = await diesUnsettled(first, [unit(1, [{ type: 'flush', db: 1, index: 0, key: '' }], now + 4096)]);
    await second.turn();
    second.receive([unit(1, [{ ...assign('k', 'late'), db: 1 }], now, 3)], 'c/main/c1');
    await second.turn();
    expect([...second.redis.dump().keys()].filter((key) => key.startsWith('1 '))).toEqual([]);
    expect(second.engine.status().conflicts).toEqual({ 'string/remote-lost': 1 });
  });

  it('a log of another site is refused', async () => {
    const first = await running();
    await first.engine.stop();
    expect(() => new EngineSite({ disk: first.disk, options: { site: 'z' } })).toThrow(/belongs to a\/main\/1+/);
  });

  it('a log written by another version is refused', async () => {
    const disk = new MemoryLogDisk();
    disk.facts.set(ledgerKey, new TextEncoder().encode('{"schema":9}'));
    expect(() => new EngineSite({ disk })).toThrow(/schema 9/);
  });
});

describe('a marker somebody meddled with', () => {
  it.each([
    ['deleted', [['DEL', marker]]],
    ['replaced', [['SET', marker, 'x']]],
    ['forged', [['HSET', marker, peerOrigin, 'p1:999:999:0']]],
  ])('%s: an alarm, a repair, and nothing shipped', async (_, commands) => {
    const site = await running();
    site.receive(units(1, 2));
    await site.turn();
    const before = site.redis.hash(marker).get(peerOrigin);
    site.redis.execute(0, commands);
    await site.turn(100);
    await site.turn(100);
    expect(site.redis.hash(marker).get(peerOrigin)).toBe(before);
    expect(own(site)).toMatchObject({ type: 'own' });
    expect(shipped(site)).toEqual([]);
    expect(site.engine.status()).toMatchObject({
      state: 'running',
      alarms: [{ name: 'marker-damaged', active: false }],
    });
    site.receive(units(3, 3));
    await site.turn();
    expect(site.redis.dump().has('0 k3')).toBe(true);
  });
});

describe('a log that cannot be written', () => {
  it('fails: nothing is shipped, applied or acknowledged any more', async () => {
    const site = await running();
    site.log.commit = async () => {
      throw new Error('disk full');
    };
    const told = site.transport.told.length;
    site.write('SET', 'k', 'v');
    site.receive(units(1, 1));
    await site.turn(10_000);
    expect(site.halts).toEqual(['failed: the log cannot be written: disk full']);
    expect(site.transport.told.slice(told)).toEqual(['close']);
    expect(site.redis.dump().has('0 k1')).toBe(false);
    expect(site.timers.waiting).toBe(0);
    await site.engine.stop();
  });
});

describe('while the stream is broken', () => {
  it('nothing is taken in, no heartbeat is made, and it goes on where it was', async () => {
    const site = await running({ limits: { ...quiet, heartbeatMs: 100 } });
    site.receive(units(1, 1));
    await site.turn();
    site.sink!.detached(new Error('gone'));
    expect(site.transport.told.at(-1)).toBe(`pause ${peerOrigin}`);
    expect(site.engine.status().alarms).toMatchObject([{ name: 'source-detached', active: true }]);
    await site.timers.advance(1000);
    expect(site.engine.status().heartbeats).toBe(0);
    site.write('SET', 'k', 'v');
    site.attach();
    await settle();
    expect(site.transport.told.at(-1)).not.toBe(`resume ${peerOrigin}`);
    site.deliver();
    await settle();
    expect(site.transport.told).toContain(`resume ${peerOrigin}`);
    const missed = shipped(site).find(({ type }) => type === 'unit')!;
    expect(missed.time).toBeLessThan(timeOfUnix(site.timers.now));
    expect(site.engine.status().alarms).toMatchObject([{ name: 'source-detached', active: false }]);
  });

  it('goes on under a new replication id, which the ledger keeps', async () => {
    const site = await running();
    const { position } = site.engine.status();
    site.sink!.detached(new Error('gone'));
    site.attach({ position: { ...site.sink!.resumeFrom()!, replicationId: 'e'.repeat(40) } });
    await site.turn();
    expect(site.engine.status().position).toEqual({ ...position!, replicationId: 'e'.repeat(40) });
  });
});

describe('stop', () => {
  it('commits what was read and closes every port', async () => {
    const site = await running();
    site.write('SET', 'k', 'v');
    site.deliver();
    await site.engine.stop();
    expect(site.sourceTold).toEqual(['close']);
    expect(site.transport.told).toContain('close');
    expect(site.disk.holder).toBeUndefined();
    const again = await running({ redis: site.redis, disk: site.disk, instance: '2' });
    expect(shipped(again).map(({ seq }) => seq)).toEqual([1]);
    expect(again.engine.status().capturedUnits).toBe(0);
  });
});

describe('a peer', () => {
  it('whose log begins again is followed under its new name', async () => {
    const site = await running();
    site.receive(units(1, 2));
    await site.turn();
    const fresh = [unit(1, [assign('fresh', 'x')], timeOfUnix(startMs))];
    site.transport.host!.deliver(batchOf(fresh, 'b/main/b2'));
    await site.turn();
    expect(site.redis.dump().has('0 fresh')).toBe(true);
    expect(site.engine.status().origins).toMatchObject([
      { origin: peerOrigin, settled: 2 },
      { origin: 'b/main/b2', settled: 1 },
    ]);
    expect([...site.redis.hash(marker).keys()].sort()).toEqual([peerOrigin, 'b/main/b2', ownField]);
  });

  it('that goes back on its word is refused, and its log still stands', async () => {
    const site = await running();
    site.receive(units(1, 2));
    expect(() => site.receive(units(4, 4))).toThrow(/seq 3 is missing/);
    site.receive(units(3, 4));
    await site.turn();
    expect(site.engine.status().origins).toMatchObject([{ settled: 4 }]);
  });
});

/** What is flushed now, as a restored backup or another process' disk. */
function copyOf(disk: MemoryLogDisk): MemoryLogDisk {
  const copy = new MemoryLogDisk();
  for (const [name, { first, last, records }] of disk.streams)
    copy.streams.set(name, { first, last, records: records.map((kept) => ({ ...kept })) });
  for (const [name, value] of disk.facts) copy.facts.set(name, value);
  return copy;
}

describe('a key that an end was to take away, and that shows no such expiry', () => {
  const ended = unit(1, [{ type: 'end', db: 0, index: 0, key: 'k', covers: [], expires: true }]);

  /** The end is decided, and its call held. */
  async function held(): Promise<EngineSite> {
    const redis = new SmallRedis();
    redis.execute(0, [['SET', 'k', 'forgotten']]);
    const site = await running({ redis });
    site.mode = 'hold';
    site.receive([ended]);
    await site.turn();
    expect(site.held).toHaveLength(1);
    return site;
  }

  const stayed = { ok: true, reply: 'ok:0', values: ['0', 'k'] } as const;

  async function followed(site: EngineSite): Promise<string | undefined> {
    site.mode = 'run';
    await site.turn();
    await site.turn();
    return site.redis.dump().get('0 k');
  }

  it('goes when the call has come back by the stream', async () => {
    const site = await held();
    site.release(stayed);
    expect(await followed(site)).toBeUndefined();
    expect(site.engine.status()).toMatchObject({ corrections: { reassert: 1 } });
  });

  it('goes also when the answer comes after the stream', async () => {
    const site = await held();
    const { key, argv } = site.held[0]!;
    site.redis.script(key, argv);
    await site.turn();
    site.mode = 'run';
    site.release(stayed);
    expect(await followed(site)).toBeUndefined();
  });

  it('stays where it was written anew before the call', async () => {
    const site = await held();
    site.write('SET', 'k', 'new');
    site.release(stayed);
    expect(await followed(site)).toBe('string new ttl -1');
  });
});
