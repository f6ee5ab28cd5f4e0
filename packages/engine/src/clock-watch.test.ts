import { timeOfUnix } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { batchOf, beat, peerOrigin, startMs } from '../test-support/entries.ts';
import { partShard } from '../test-support/part-shard.ts';
import { ClockWatch } from './clock-watch.ts';

/** A shard whose wall clock the test moves; sites `b` and `c` are linked. */
function setup() {
  let now = startMs;
  const parts = partShard({ clock: { now: () => now } }, { maxClockDriftMs: 60_000 });
  const watch = new ClockWatch(parts.shard);
  parts.transport.linked = ['b', 'c'].map((peer) => ({ peer, direction: 'in', state: 'up', detail: '' }));
  const alarm = (name: string) => parts.shard.alarms.list().find((one) => one.name === name);
  const seqs = new Map<string, number>();
  /** A heartbeat that was made at a time of its site's clock. */
  const hear = (site: 'b' | 'c', madeMs: number): void => {
    const seq = (seqs.get(site) ?? 0) + 1;
    seqs.set(site, seq);
    const origin = site === 'b' ? peerOrigin : 'c/main/c1';
    parts.shard.inbox(origin)!.receive(batchOf([beat(seq, 0, timeOfUnix(madeMs), site === 'b' ? 2 : 3)], origin), now);
  };
  return { ...parts, watch, alarm, hear, now: () => now, move: (ms: number) => (now += ms) };
}

describe('our logical clock', () => {
  it('more than half of maxClockDriftMs ahead of the wall clock: told once, and once more when it has become worse', () => {
    const { shard, watch, alarm, move } = setup();
    shard.clock.observe(timeOfUnix(startMs + 30_000));
    watch.check();
    expect(alarm('clock-logical-ahead')).toBeUndefined();
    shard.clock.observe(timeOfUnix(startMs + 31_000));
    for (let i = 0; i < 10; i++) watch.check();
    expect(alarm('clock-logical-ahead')).toMatchObject({
      active: true,
      count: 1,
      message: expect.stringMatching(/ 31 s ahead/),
    });
    shard.clock.observe(timeOfUnix(startMs + 600_000));
    watch.check();
    expect(alarm('clock-logical-ahead')).toMatchObject({ count: 2, message: expect.stringMatching(/ 600 s ahead/) });
    move(580_000);
    watch.check();
    expect(alarm('clock-logical-ahead')).toMatchObject({ active: false });
  });

  it('names the sites whose clocks are ahead once they are known, and not those that follow them logically', () => {
    const { shard, watch, alarm, hear, now } = setup();
    shard.clock.observe(timeOfUnix(startMs + 45_000));
    watch.check();
    expect(alarm('clock-logical-ahead')!.message).toMatch(/This wall clock is behind/);
    hear('b', startMs + 45_000);
    const following = { ...beat(1, 0, timeOfUnix(startMs + 45_000), 3), lead: 45_000 };
    shard.inbox('c/main/c1')!.receive(batchOf([following], 'c/main/c1'), now());
    for (let i = 0; i < 5; i++) watch.check();
    expect(alarm('clock-logical-ahead')).toMatchObject({
      count: 2,
      message: expect.stringMatching(/these sites are ahead: b;/),
    });
  });
});

describe('our wall clock', () => {
  it('ahead of every site whose heartbeats have just come: told, until it is put right', () => {
    const { watch, alarm, hear, now, move } = setup();
    for (let i = 0; i < 4; i++) {
      hear('b', now() - 40_000);
      hear('c', now() - 45_000);
      watch.check();
      expect(alarm('clock-wall-ahead')?.active).toBe(i === 3 ? true : undefined);
      move(1000);
    }
    expect(alarm('clock-wall-ahead')!.message).toMatch(/40 s ahead of that of every site/);
    move(-40_000);
    for (let i = 0; i < 5; i++) {
      hear('b', now());
      hear('c', now());
      watch.check();
      move(1000);
    }
    expect(alarm('clock-wall-ahead')).toMatchObject({ active: false });
  });

  it('ahead of a site that follows it logically: its heartbeats say by how much', () => {
    const { shard, watch, alarm, now, move } = setup();
    for (let seq = 1; seq <= 4; seq++, move(1000)) {
      const following = { ...beat(seq, 0, timeOfUnix(now())), lead: 45_000 };
      shard.inbox(peerOrigin)!.receive(batchOf([following]), now());
      watch.check();
    }
    expect(alarm('clock-wall-ahead')!.message).toMatch(/45 s ahead/);
  });

  it('ahead of one site, and not of the other: nothing is told', () => {
    const { watch, alarm, hear, now, move } = setup();
    for (let i = 0; i < 6; i++, move(1000)) {
      hear('b', now() - 400_000);
      hear('c', now());
      watch.check();
    }
    expect(alarm('clock-wall-ahead')).toBeUndefined();
  });

  it('heartbeats that waited are no evidence: in a burst, over a link that is down, through a pause of ours, of long ago', () => {
    const burst = setup();
    for (let i = 0; i < 100; i++, burst.move(10)) {
      burst.hear('b', startMs - 600_000 + i * 1000);
      burst.watch.check();
    }
    expect(burst.alarm('clock-wall-ahead')).toBeUndefined();
    for (const spoil of ['down', 'paused', 'old']) {
      const parts = setup();
      for (let i = 0; i < 6; i++, parts.move(1000)) parts.hear('b', parts.now() - 400_000);
      if (spoil === 'down') parts.transport.linked = [];
      if (spoil === 'paused') parts.shard.inbox(peerOrigin)!.paused = true;
      if (spoil === 'old') parts.move(10_000);
      parts.watch.check();
      expect([spoil, parts.alarm('clock-wall-ahead')]).toEqual([spoil, undefined]);
    }
  });
});
