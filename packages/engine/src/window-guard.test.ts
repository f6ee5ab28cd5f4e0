/** What is remembered while a peer is away, and what becomes of capturing; through a whole engine. */
import { describe, expect, it } from 'vitest';
import type { SiteParts } from '../test-support/engine-site.ts';
import { beat } from '../test-support/entries.ts';
import { PlayedSite } from '../test-support/played-site.ts';

class Played extends PlayedSite {
  constructor(parts: SiteParts = {}) {
    super({ ...parts, limits: { maxWindowBytes: 20_000 } });
  }

  /** Fills the window while `c` is away, until capturing waits. */
  async fill(): Promise<void> {
    for (let i = 0; i < 3; i++) await this.second(1);
    this.away.add('c');
    for (let i = 0; i < 30 && !this.site.isPaused; i++) await this.second(2);
    expect(this.site.isPaused).toBe(true);
  }
}

describe('maxWindowBytes', () => {
  it('is told at four fifths; full, capturing waits, and the status says for whom; it comes back and nothing is lost', async () => {
    const played = await new Played().run();
    for (let i = 0; i < 5; i++) await played.second(2);
    expect(played.status.window).toMatchObject({ heldBy: null });
    played.away.add('c');
    let told = 0;
    while (!played.site.isPaused) {
      await played.second(2);
      if (told === 0 && played.alarm?.active) told = played.status.window.bytes;
    }
    expect(told).toBeGreaterThan(16_000);
    expect(told).toBeLessThan(20_000);
    expect(played.status.window.heldBy!.site).toBe('c');
    expect(played.alarm).toMatchObject({
      message: expect.stringMatching(/c holds them.*since 2030.*It is full: capturing waits.*Bring c back/),
    });
    const { bytes } = played.status.window;
    const before = played.status.capturedUnits;
    for (let i = 0; i < 60; i++) await played.second(2);
    expect([played.status.capturedUnits, played.status.window.bytes]).toEqual([before, bytes]);
    played.away.delete('c');
    for (let i = 0; i < 5; i++) await played.second(2);
    expect(played.site.isPaused).toBe(false);
    expect(played.status).toMatchObject({ capturedUnits: played.written, window: { heldBy: null } });
    expect(played.status.window.bytes).toBeLessThan(14_000);
    expect(played.alarm).toMatchObject({ active: false });
    expect(played.site.halts).toEqual([]);
  });

  it('the peer comes back with writes of its own, which take effect only by our stream', async () => {
    const played = await new Played().run();
    await played.fill();
    const since = played.now;
    for (let i = 0; i < 10; i++) await played.second(2);
    // What it wrote while it was away, with the W that it had then.
    for (let i = 1; i <= 5; i++) played.writes('c', `c${i}`, since + i);
    played.stuck.c = since;
    played.receive('c', (seq) => beat(seq, since, since + 9, 3));
    played.away.delete('c');
    for (let i = 0; i < 3; i++) await played.second(2);
    delete played.stuck.c;
    for (let i = 0; i < 5; i++) await played.second(2);
    expect(played.status).toMatchObject({
      capturedUnits: played.written,
      pending: { inbox: 0 },
      window: { heldBy: null },
    });
    expect(played.site.redis.dump().get('0 c5')).toBe('string theirs ttl -1');
    expect(played.site.isPaused).toBe(false);
  });

  it('so it does where the third site waits for us in the same way, and says so', async () => {
    const played = await new Played().run();
    for (let i = 0; i < 3; i++) await played.second(1);
    const lost = played.now + 3000 * 4096;
    // It had heard of the peer a little less than we had.
    played.stuck.b = lost - 500 * 4096;
    await played.fill();
    for (let i = 0; i < 10; i++) {
      played.writes('b', `b${i}`);
      await played.second(2);
    }
    expect(played.status.window.heldBy!.site).toBe('c');
    const before = played.status.capturedUnits;
    played.away.delete('c');
    played.writes('c', 'c1', lost + 4096 * 5000);
    for (let i = 0; i < 5; i++) await played.second(2);
    expect(played.status.capturedUnits).toBeGreaterThan(before);
    expect(played.site.redis.dump().has('0 c1')).toBe(true);
    delete played.stuck.b;
    for (let i = 0; i < 5; i++) await played.second(2);
    expect(played.status).toMatchObject({ capturedUnits: played.written, window: { heldBy: null } });
  });

  it('a peer that is there and settles nothing holds it too, whatever else of it arrives', async () => {
    const played = await new Played().run();
    for (let i = 0; i < 3; i++) await played.second(1);
    played.stuck.c = played.now;
    for (let i = 0; i < 30 && !played.site.isPaused; i++) await played.second(2);
    const before = played.status.capturedUnits;
    for (let i = 0; i < 30; i++) {
      if (i % 5 === 0) played.writes('c', `c${i}`);
      await played.second(2);
    }
    expect(played.status.capturedUnits).toBe(before);
    expect(played.alarm!.message).toMatch(/c holds them, it has settled nothing since/);
    delete played.stuck.c;
    for (let i = 0; i < 5; i++) await played.second(2);
    expect(played.status.capturedUnits).toBe(played.written);
    expect(played.site.redis.dump().has('0 c25')).toBe(true);
  });

  it('Redis hangs up meanwhile: the stream stays unread until the peer acknowledges, and is read to its end then', async () => {
    const played = await new Played().run();
    await played.fill();
    const before = played.status.capturedUnits;
    played.site.sink!.detached(new Error('output buffer'));
    for (let i = 0; i < 3; i++) await played.second(2);
    played.site.attach();
    for (let i = 0; i < 10; i++) await played.second(2);
    expect([played.site.isPaused, played.status.capturedUnits]).toEqual([true, before]);
    const host = played.site.transport.host!;
    host.acknowledged('c', host.ownRange().last);
    played.away.delete('c');
    for (let i = 0; i < 6; i++) await played.second(2);
    expect(played.status).toMatchObject({ capturedUnits: played.written, window: { heldBy: null } });
  });

  it('so it is when its link comes up again, since it may wait for us as we wait for it', async () => {
    const played = await new Played().run();
    await played.fill();
    const { linked } = played.site.transport;
    played.site.transport.linked = linked.filter(({ peer }) => peer !== 'c');
    played.site.sink!.detached(new Error('output buffer'));
    for (let i = 0; i < 3; i++) await played.second(2);
    played.site.attach();
    for (let i = 0; i < 3; i++) await played.second(2);
    expect(played.site.isPaused).toBe(true);
    played.site.transport.linked = linked;
    await played.second(0);
    await played.second(0);
    expect(played.status.capturedUnits).toBe(played.written);
  });

  it('a start reads up to now, and waits then', async () => {
    const played = await new Played().run();
    await played.fill();
    for (let i = 0; i < 5; i++) await played.second(2);
    played.site.crash();
    const { disk, redis, timers } = played.site;
    const again = await new Played({ disk, redis, instance: '2', now: timers.now }).run();
    await again.second(0);
    expect(again.status).toMatchObject({ state: 'running', window: { heldBy: { site: 'c' } } });
    expect(again.shipped().has(`k${played.written}`)).toBe(true);
    expect(again.site.isPaused).toBe(true);
  });

  it('a peer that falls silent while its clock is ahead is missed all the same, though ours stands still logically', async () => {
    const played = await new Played().run();
    for (let i = 0; i < 3; i++) await played.second(1);
    played.lead = 50_000 * 4096;
    await played.second(1);
    expect(played.status.window.heldBy).toBeNull();
    played.away.add('c');
    // The other one follows it, and ticks on.
    for (let i = 0; i < 12; i++, played.lead += 1 - 1000 * 4096) await played.second(1);
    expect(played.status.window.heldBy?.site).toBe('c');
    played.away.delete('c');
    for (let i = 0; i < 2; i++, played.lead += 1 - 1000 * 4096) await played.second(1);
    expect(played.status.window.heldBy).toBeNull();
  });

  it('with every peer there, a high rate is told and not stopped', async () => {
    const played = await new Played().run();
    for (let i = 0; i < 3; i++) await played.second(1);
    for (let i = 0; i < 4; i++) await played.second(40);
    expect(played.alarm).toMatchObject({ message: expect.stringMatching(/no site is away: writes come faster/) });
    expect(played.site.sourceTold).toEqual([]);
  });
});
