/** What is remembered while a peer is away goes to a store; through a whole engine. */
import { MemorySpillStore } from '@entwine/testkit';
import { describe, expect, it } from 'vitest';
import type { SiteParts } from '../test-support/engine-site.ts';
import { PlayedSite } from '../test-support/played-site.ts';

interface Spilling {
  readonly played: PlayedSite;
  readonly store: MemorySpillStore;
}

const spillWindowBytes = 5000;

async function spilling(limits: SiteParts['limits'] = {}, parts: SiteParts = {}): Promise<Spilling> {
  const store = new MemorySpillStore();
  const played = new PlayedSite({ ...parts, limits: { spillWindowBytes, ...limits }, options: { spillStore: store } });
  return { played: await played.run(), store };
}

const alarmOf = (played: PlayedSite, name: string) => played.status.alarms.find((alarm) => alarm.name === name);

describe('spillWindowBytes', () => {
  it('what is remembered above it goes to the store while a peer is away, and is forgotten there when it is back', async () => {
    const { played, store } = await spilling();
    for (let i = 0; i < 5; i++) await played.second(3);
    expect(store.put).toBe(0);
    played.away.add('c');
    for (let i = 0; i < 15; i++) await played.second(i % 2);
    for (let i = 0; i < 40; i++) await played.second(3);
    const { window } = played.status;
    expect(window.bytes).toBeLessThan(spillWindowBytes + 3500);
    expect(window.keys + window.spilled.keys).toBeGreaterThan(120);
    expect(window.spilled).toEqual({ keys: store.count, bytes: store.bytes() });
    expect(played.site.sourceTold).toEqual([]);
    expect(played.status.capturedUnits).toBe(played.written);
    played.away.delete('c');
    for (let i = 0; i < 5; i++) await played.second(1);
    expect([played.status.window.spilled.keys, store.count]).toEqual([0, 0]);
    const told = played.site.events.map(({ message }) => message).filter((message) => /disk/.test(message));
    expect(told).toEqual([
      'what is remembered of keys at rest goes to disk until c is back',
      'what was remembered on disk is forgotten',
    ]);
  });

  it('with every peer there, it goes there at twice of it', async () => {
    const { played, store } = await spilling();
    for (let i = 0; i < 3; i++) await played.second(1);
    await played.second(7);
    expect(store.put).toBe(0);
    await played.second(20);
    expect(store.put).toBeGreaterThan(10);
  });

  it('an older write of the peer that is back loses to what was spilled, and a newer one wins', async () => {
    const { played, store } = await spilling();
    await played.second(1);
    played.away.add('c');
    const then = played.now;
    for (let i = 0; i < 30; i++) await played.second(3);
    expect(store.get(0, 'k20')).toBeDefined();
    expect(store.get(0, 'k21')).toBeDefined();
    played.writes('c', 'k20', then + 1);
    played.writes('c', 'k21', played.now + 1);
    played.away.delete('c');
    for (let i = 0; i < 5; i++) await played.second(1);
    expect(played.site.redis.dump().get('0 k20')).toMatch(/^string x /);
    expect(played.site.redis.dump().get('0 k21')).toMatch(/^string theirs /);
    expect(played.status.conflicts).toEqual({ 'string/local-lost': 1, 'string/remote-lost': 1 });
  });

  it('a restart rebuilds what is remembered, and spills on the way', async () => {
    const { played } = await spilling();
    await played.second(1);
    played.away.add('c');
    for (let i = 0; i < 60; i++) await played.second(3);
    played.site.crash();
    const { disk, redis, timers } = played.site;
    const again = await spilling({}, { disk, redis, instance: '2', now: timers.now });
    const { window, state } = again.played.status;
    expect(state).toBe('running');
    expect(window.keys + window.spilled.keys).toBeGreaterThan(180);
    expect(window.bytes).toBeLessThan(spillWindowBytes + 3500);
  });

  it('without a store all stays in memory', async () => {
    const played = await new PlayedSite({ limits: { spillWindowBytes } }).run();
    played.away.add('c');
    for (let i = 0; i < 20; i++) await played.second(3);
    expect(played.status.window).toMatchObject({ spilled: { keys: 0, bytes: 0 } });
    expect(played.status.window.bytes).toBeGreaterThan(4 * spillWindowBytes);
  });
});

describe('maxSpilledBytes', () => {
  it('at the limit what comes stays in memory, and is told; capturing waits when that is full, too', async () => {
    const { played, store } = await spilling({ maxSpilledBytes: 4000, maxWindowBytes: 20_000 });
    await played.second(1);
    played.away.add('c');
    for (let i = 0; i < 60 && !played.site.isPaused; i++) await played.second(3);
    expect(played.site.isPaused).toBe(true);
    expect(store.bytes()).toBeGreaterThan(4000);
    expect(store.bytes()).toBeLessThan(5500);
    expect(played.status.window.bytes).toBeGreaterThan(20_000);
    expect(alarmOf(played, 'spill-full')).toMatchObject({
      active: true,
      message: expect.stringMatching(/limits\.maxSpilledBytes: 4000\).*Raise the limit/),
    });
    played.away.delete('c');
    for (let i = 0; i < 8; i++) await played.second(1);
    expect(played.status).toMatchObject({ capturedUnits: played.written, window: { spilled: { keys: 0 } } });
    expect(alarmOf(played, 'spill-full')).toMatchObject({ active: false });
  });
});

it('a store that cannot be written to is told, and not tried again', async () => {
  const { played, store } = await spilling();
  await played.second(1);
  let tried = 0;
  store.write = () => {
    tried++;
    throw new Error('Writing spilled.mdb failed: no room');
  };
  played.away.add('c');
  for (let i = 0; i < 20; i++) await played.second(3);
  expect(tried).toBe(1);
  expect(alarmOf(played, 'spill-failed')).toMatchObject({
    active: true,
    message: expect.stringMatching(/^Writing spilled\.mdb failed: no room\. What is remembered.*stays in memory/),
  });
  expect(played.status.window.keys).toBeGreaterThan(60);
  expect(played.site.halts).toEqual([]);
});

it('the store is closed with the shard, whose last status is still told', async () => {
  const { played, store } = await spilling();
  let closed = 0;
  store.close = async () => {
    closed++;
  };
  await played.site.engine.stop();
  expect(closed).toBe(1);
  store.bytes = () => {
    throw new Error('closed');
  };
  expect(played.status.window.spilled.keys).toBe(0);
});
