/** Clocks that are wrong, that step, and that have to be recovered; through a whole engine. */
import { decodeEntries, type Entry, standaloneMarkerKey as marker, ownField, timeOfUnix } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { EngineSite, type SiteParts } from '../test-support/engine-site.ts';
import { assign, beat, codec, peerOrigin, startMs, unit } from '../test-support/entries.ts';

const quiet = { heartbeatMs: 1_000_000, ownMarkerMs: 1_000_000 };
const hour = 3_600_000;

function site(parts: SiteParts = {}): EngineSite {
  return new EngineSite({ ...parts, limits: { ...quiet, ...parts.limits } });
}

/** Our own units as a peer reads them. */
function shipped(from: EngineSite): Entry[] {
  const batch = from.transport.host!.readOwn(from.engine.status().seq.first, 1 << 20);
  const entries = decodeEntries(batch?.body ?? new Uint8Array(0));
  if ('code' in entries) throw new Error(entries.message);
  return entries.filter(({ type }) => type === 'unit');
}

const alarm = (of: EngineSite, name: string) => of.engine.status().alarms.find((one) => one.name === name);
const at = (seq: number, ms: number, value = 'theirs') => unit(seq, [assign('k', value)], timeOfUnix(startMs + ms));

describe('a site whose clock is far ahead', () => {
  it('is not flushed, applied, acknowledged or followed by our clock; we and others go on; its time comes', async () => {
    const here = await site({ limits: { maxClockDriftMs: 60_000, heartbeatMs: 1000 } }).run();
    here.receive([at(1, 0, 'early'), at(2, 600_000, 'ahead'), at(3, 600_001, 'last')]);
    here.receive([unit(1, [assign('c', 'fine')], timeOfUnix(startMs), 3)], 'c/main/c1');
    await here.turn();
    here.write('SET', 'own', 'x');
    await here.turn();
    expect(shipped(here)).toHaveLength(1);
    expect(shipped(here)[0]!.time).toBeLessThan(timeOfUnix(startMs + 1000));
    expect(here.redis.dump().get('0 k')).toBe('string early ttl -1');
    expect(here.redis.dump().has('0 c')).toBe(true);
    expect(here.log.read(peerOrigin, 1, 1 << 20).at(-1)!.last).toBe(1);
    expect(here.transport.told).not.toContain(`settled ${peerOrigin} 2`);
    expect(here.engine.status().origins).toMatchObject([
      { site: 'b', received: 1, settled: 1, quarantined: true, skewSeconds: 600.001 },
      { site: 'c', quarantined: false },
    ]);
    expect(alarm(here, 'clock-ahead-b')).toMatchObject({ active: true });
    await here.turn(539_000);
    expect(here.redis.dump().get('0 k')).toBe('string early ttl -1');
    for (let i = 0; i < 12; i++) await here.turn(1000);
    expect(here.redis.dump().get('0 k')).toBe('string last ttl -1');
    expect(here.transport.told).toContain(`settled ${peerOrigin} 3`);
    expect(here.engine.status().origins).toMatchObject([{ received: 3, quarantined: false }, {}]);
    expect(alarm(here, 'clock-ahead-b')).toMatchObject({ active: false });
  });

  it('after a restart its log is asked for again, and taken with a greater limit; with a smaller one, what was flushed still counts', async () => {
    const first = await site().run();
    first.receive([at(1, 600_000), at(2, 600_001)]);
    await first.turn();
    first.crash();
    const second = await site({
      disk: first.disk,
      redis: first.redis,
      instance: '2',
      limits: { maxClockDriftMs: hour },
    }).run();
    expect(second.transport.host!.receivedUpTo(peerOrigin)).toBe(0);
    second.mode = 'hold';
    second.receive([at(1, 600_000), at(2, 600_001)]);
    await second.turn();
    second.crash();
    const third = await site({ disk: first.disk, redis: first.redis, instance: '3' }).run();
    expect(third.transport.host!.receivedUpTo(peerOrigin)).toBe(2);
    await third.turn();
    expect(third.redis.dump().get('0 k')).toBe('string theirs ttl -1');
    expect(alarm(third, 'clock-ahead-b')).toBeUndefined();
  });
});

describe('our own wall clock', () => {
  it('behind what others write: heartbeats say by how much we are logically ahead', async () => {
    const here = await site({ limits: { heartbeatMs: 1000 } }).run();
    here.receive([at(1, 40_000)]);
    await here.turn();
    await here.turn(1000);
    const beats = decodeEntries(here.transport.host!.readOwn(1, 1 << 20)!.body) as Entry[];
    expect(beats.at(-1)).toMatchObject({ type: 'heartbeat', lead: 39_000 });
    await here.turn(60_000);
    const later = here.transport.host!.readOwn(here.engine.status().seq.flushed, 1 << 20)!;
    expect((decodeEntries(later.body) as Entry[]).at(-1)).not.toHaveProperty('lead');
  });

  it('steps back: versions go on growing, and what is written later wins', async () => {
    const here = await site().run();
    here.write('SET', 'k', '1');
    await here.turn();
    here.timers.now -= hour;
    here.write('SET', 'k', '2');
    await here.turn();
    here.receive([at(1, -hour / 2)]);
    await here.turn();
    const [before, after] = shipped(here);
    expect(after!.time).toBe(before!.time + 1);
    expect(here.redis.dump().get('0 k')).toBe('string 2 ttl -1');
  });

  it('is behind the log at a start: that is told before anything else, and nothing stops', async () => {
    const first = await site().run();
    first.write('SET', 'k', '1');
    await first.turn();
    first.crash();
    const second = site({ disk: first.disk, redis: first.redis, instance: '2', now: startMs - hour });
    await second.engine.start();
    expect(alarm(second, 'clock-logical-ahead')).toMatchObject({
      active: true,
      message: expect.stringMatching(/3600 s ahead/),
    });
    second.attach();
    await second.turn();
    expect(second.engine.status().state).toBe('running');
    second.write('SET', 'k', '2');
    await second.turn();
    const [before, after] = shipped(second);
    expect(after!.time).toBeGreaterThan(before!.time);
  });
});

/** Flushes that have happened when the process dies. */
const flushes = [0, 1, 2, 3, 4, 5, 6];

describe('after a crash between a marker and the commit, a peer’s clock hours ahead', () => {
  it.each(flushes)('no version of ours is at or below what our Redis holds (%i flushes)', async (count) => {
    const limits = { maxClockDriftMs: 10 * hour };
    const first = site({ flush: 'manual', limits });
    await first.engine.start();
    first.attach();
    for (let i = 0; i < 5; i++, await first.turn()) first.log.flush();
    first.receive([at(1, 3 * hour), beat(2, 0, timeOfUnix(startMs + 3 * hour) + 1), at(3, 4 * hour)]);
    for (let i = 0; i < count; i++) {
      await first.turn();
      first.log.flush();
      await first.turn();
      if (i === 2) first.write('SET', 'k', 'before the crash');
    }
    first.crash();
    const held = codec.read(peerOrigin, first.redis.hash(marker).get(peerOrigin) ?? '');
    const own = codec.read(ownField, first.redis.hash(marker).get(ownField)!);
    const newest = Math.max(held?.time ?? 0, own!.time);
    expect(held?.time ?? 0).toBe(count === 0 ? 0 : timeOfUnix(startMs + 4 * hour));
    first.write('SET', 'k', 'while nobody listened');
    const second = await site({ disk: first.disk, redis: first.redis, instance: '2', limits }).run();
    second.write('SET', 'k', 'ours');
    await second.turn();
    const units = shipped(second);
    expect(units.length).toBeGreaterThanOrEqual(2);
    for (const { time } of units.slice(-2)) expect(time).toBeGreaterThan(newest);
    second.receive([at(1, 3 * hour), beat(2, 0, timeOfUnix(startMs + 3 * hour) + 1), at(3, 4 * hour)]);
    await second.turn();
    expect(second.redis.dump().get('0 k')).toBe(count === 0 ? 'string theirs ttl -1' : 'string ours ttl -1');
  });
});

describe('the backlog of an outage', () => {
  it.each(['the stream was broken', 'the process was gone'])(
    '%s: an old local write does not beat a fresher remote one',
    async (how) => {
      const first = await site().run();
      first.write('SET', 'k', 'oldest');
      await first.turn();
      const gone = how !== 'the stream was broken';
      if (gone) first.crash();
      else first.sink!.detached(new Error('gone'));
      first.write('SET', 'k', 'old');
      first.write('SET', 'own', 'x');
      const now = startMs + hour;
      let here = first;
      if (gone) here = await site({ disk: first.disk, redis: first.redis, instance: '2', now }).run();
      else {
        first.timers.now = now;
        first.attach();
      }
      await here.turn();
      here.receive([at(1, hour / 2, 'fresh')]);
      await here.turn();
      expect(here.redis.dump().get('0 k')).toBe('string fresh ttl -1');
      expect(
        shipped(here)
          .slice(1)
          .every(({ time }) => time < timeOfUnix(startMs + 1000)),
      ).toBe(true);
      here.write('SET', 'k', 'newest');
      await here.turn();
      expect(shipped(here).at(-1)!.time).toBe(timeOfUnix(now));
      expect(here.redis.dump().get('0 k')).toBe('string newest ttl -1');
    },
  );
});
