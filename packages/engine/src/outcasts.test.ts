/** Declaring a site out; through a whole engine. Here is `a`; `b` remains, `c` is away. */
import { decodeEntries, type Entry, type Op, type Outcast, type Version } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import type { SiteParts } from '../test-support/engine-site.ts';
import { assign, batchOf, peerTime, unit } from '../test-support/entries.ts';
import { partShard, replicationId } from '../test-support/part-shard.ts';
import { PlayedSite } from '../test-support/played-site.ts';

/** All sites were there; then `c` fell silent, and its link is down. */
async function withoutC(
  parts: SiteParts = {},
  hasBStopped = false,
): Promise<{ readonly played: PlayedSite; readonly last: number }> {
  const played = await new PlayedSite(parts).run();
  await played.second(2);
  // It settles no more: what there is of `c` is kept for it.
  if (hasBStopped) played.stuck.b = played.now;
  for (let i = 0; i < 2; i++) await played.second(2);
  const last = played.now;
  played.away.add('c');
  const { transport } = played.site;
  transport.linked = transport.linked.map((link) => (link.peer === 'c' ? { ...link, state: 'down' } : link));
  for (let i = 0; i < 3; i++) await played.second(2);
  return { played, last };
}

const told = (received: number, inForce = false): readonly Outcast[] => [{ site: 'c', received, inForce }];

/** Our log, as far as it is there. */
function shipped(played: PlayedSite): Entry[] {
  const { first, flushed } = played.status.seq;
  const found: Entry[] = [];
  for (let seq = first; seq <= flushed; ) {
    const batch = played.site.transport.host!.readOwn(seq, 1 << 20)!;
    const entries = decodeEntries(batch.body);
    if ('code' in entries) throw new Error(entries.message);
    found.push(...entries);
    seq = batch.last + 1;
  }
  return found;
}

/** The last heartbeat in our log. */
function lastBeat(played: PlayedSite): Entry & { type: 'heartbeat' } {
  const found = shipped(played).findLast(({ type }) => type === 'heartbeat');
  if (found?.type !== 'heartbeat') throw new Error('no heartbeat');
  return found;
}

const relaysOf = (played: PlayedSite) =>
  shipped(played).flatMap((entry) => (entry.type === 'unit' && entry.relay !== undefined ? [entry.relay] : []));

const alarmOf = (played: PlayedSite) => played.status.alarms.find(({ name }) => name === 'declared-out-c');
const pausedOf = (played: PlayedSite) =>
  played.site.transport.told
    .filter((line) => line.endsWith('c/main/c1'))
    .at(-1)
    ?.split(' ')[0];

describe('declaring a site out', () => {
  it('is told, and in force once every remaining site has told the same: then forgetting goes on', async () => {
    const { played, last } = await withoutC();
    expect(played.status.out).toEqual([]);
    expect(lastBeat(played).out).toBeUndefined();
    expect(played.site.engine.declareOut('c')).toBeUndefined();
    expect(played.site.engine.declareOut('c')).toBeUndefined();
    for (let i = 0; i < 10; i++) await played.second(2);
    expect(lastBeat(played).out).toEqual(told(last));
    expect(played.status.out).toEqual([{ site: 'c', inForce: false, waitsFor: ['b has not told it'] }]);
    expect(alarmOf(played)?.message).toMatch(/^c is declared out, and not in force yet: b has not told it/);
    const before = played.status.window;
    expect(before.heldBy?.site).toBe('c');

    played.outs.b = told(last);
    for (let i = 0; i < 6; i++) await played.second(1);
    expect(played.status.out).toEqual([{ site: 'c', inForce: true, waitsFor: [] }]);
    expect(lastBeat(played)).toMatchObject({ out: told(last, true) });
    expect(lastBeat(played).received).toBeGreaterThan(last);
    expect(played.status.window.heldBy).toBeNull();
    expect(played.status.window.stableUnixMs).toBeGreaterThan(before.stableUnixMs + 5000);
    expect(played.status.window.keys).toBeLessThan(before.keys);
    expect(played.status.seq.first).toBeGreaterThan(10);
    expect(alarmOf(played)?.message).toMatch(/^c is out: every remaining site has received what it wrote up to 20/);
  });

  it('waits where one has received less, and where this one has, and says who lacks what', async () => {
    const { played, last } = await withoutC();
    played.site.engine.declareOut('c');
    played.outs.b = told(last - 4096 * 500);
    for (let i = 0; i < 3; i++) await played.second(1);
    expect(played.status.out[0]).toMatchObject({
      inForce: false,
      waitsFor: [expect.stringMatching(/^b lacks what c wrote from 20.* to 20/)],
    });
    played.outs.b = told(last + 4096 * 500);
    for (let i = 0; i < 3; i++) await played.second(1);
    expect(played.status.out[0]).toMatchObject({
      inForce: false,
      waitsFor: [expect.stringMatching(/^this site lacks what c wrote from 20/)],
    });
    expect(played.status.window.heldBy?.site).toBe('c');
  });

  it('what another remaining site has received is still taken, and nothing beyond it', async () => {
    const { played, last } = await withoutC();
    played.site.engine.declareOut('c');
    played.outs.b = told(last + 100);
    await played.second(1);
    played.writes('c', 'theirs', last + 100);
    played.writes('c', 'beyond', last + 101);
    for (let i = 0; i < 4; i++) await played.second(1);
    expect(played.site.redis.dump().get('0 theirs')).toMatch(/^string theirs/);
    expect(played.site.redis.dump().has('0 beyond')).toBe(false);
    expect(played.status.out).toEqual([{ site: 'c', inForce: true, waitsFor: [] }]);
    expect(pausedOf(played)).toBe('pause');
  });

  it('what is told of a key then includes all of it: nothing more is to come, and the cut goes on', async () => {
    const { played, last } = await withoutC();
    played.site.engine.declareOut('c');
    played.outs.b = told(last);
    for (let i = 0; i < 6; i++) await played.second(1);
    const version: Version = { time: played.now, priority: 1, index: 0 };
    const want: Op = { type: 'want', db: 0, index: 0, key: 'k1', version };
    played.receive('b', (seq) => unit(seq, [want], played.now + 1, 2));
    await played.site.turn(10);
    const states = shipped(played).flatMap((entry) =>
      entry.type === 'unit' ? entry.ops.flatMap((op) => (op.type === 'state' ? [{ op, time: entry.time }] : [])) : [],
    );
    expect(states).toHaveLength(1);
    const covered = new Map(states[0]!.op.covers);
    expect(covered.get(3)).toBe(states[0]!.time);
    expect(covered.get(2)).toBeLessThan(states[0]!.time);
  });

  it('what another remaining site lacks is passed on, once', async () => {
    const { played, last } = await withoutC({}, true);
    played.site.engine.declareOut('c');
    const [relayed] = await (async () => {
      played.outs.b = told(last - 4096 * 1500);
      for (let i = 0; i < 4; i++) await played.second(1);
      return relaysOf(played);
    })();
    expect(relaysOf(played).every(({ origin }) => origin === 'c/main/c1')).toBe(true);
    const entries = relaysOf(played).flatMap(({ body }) => decodeEntries(body) as Entry[]);
    expect(entries.at(-1)!.time).toBe(last);
    expect(entries[0]!.time).toBeLessThanOrEqual(last - 4096 * 500);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => relayed!.first + i));
    played.outs.b = told(last);
    for (let i = 0; i < 3; i++) await played.second(1);
    expect(played.status.out).toMatchObject([{ inForce: true }]);
    expect(relaysOf(played).length).toBe(entries.length);
  });

  it('what another remaining site passes on is taken as if it had come from the site itself', async () => {
    const { played, last } = await withoutC();
    const theirs = { ...unit(4, [assign('theirs', 'c')], last + 50, 3) };
    played.site.engine.declareOut('c');
    played.outs.b = told(last + 50);
    await played.second(1);
    expect(played.status.out[0]!.waitsFor).toEqual([expect.stringMatching(/^this site lacks/)]);
    const { body } = batchOf([theirs], 'c/main/c1');
    played.receive('b', (seq) => ({
      ...{ type: 'unit', seq, time: played.now + 1, priority: 2, ops: [] },
      relay: { origin: 'c/main/c1', first: 4, last: 4, body },
    }));
    for (let i = 0; i < 4; i++) await played.second(1);
    expect(played.site.redis.dump().get('0 theirs')).toMatch(/^string c /);
    expect(played.status.out).toEqual([{ site: 'c', inForce: true, waitsFor: [] }]);
    expect(relaysOf(played)).toEqual([]);
  });

  it('what is passed on is in the same commit as the entry that brings it: a crash does not part them', async () => {
    const { played, last } = await withoutC();
    played.site.engine.declareOut('c');
    played.outs.b = told(last + 50);
    await played.second(1);
    const { log } = played.site;
    const commits: string[][] = [];
    const commit = log.commit.bind(log);
    log.commit = (made) => {
      commits.push(made.append.map(({ stream }) => stream.slice(0, 2)));
      return commit(made);
    };
    const { body } = batchOf([{ ...unit(4, [assign('theirs', 'c')], last + 50, 3) }], 'c/main/c1');
    played.receive('b', (seq) => ({
      ...{ type: 'unit', seq, time: played.now + 1, priority: 2, ops: [] },
      relay: { origin: 'c/main/c1', first: 4, last: 4, body },
    }));
    const ofB = commits.filter((streams) => streams.includes('b/'));
    expect(ofB).toHaveLength(1);
    expect(ofB[0]).toContain('c/');
  });

  it('what is passed on and cannot be read is refused; what came with it is taken in', async () => {
    const { played, last } = await withoutC();
    played.site.engine.declareOut('c');
    played.outs.b = told(last + 50);
    await played.second(1);
    const receivedOf = (site: string) => played.status.origins.find((origin) => origin.site === site)!.received;
    const [b, c] = [receivedOf('b'), receivedOf('c')];
    const relay = { origin: 'c/main/c1', first: c + 1, last: c + 1, body: new Uint8Array([1, 2, 3]) };
    expect(() =>
      played.receive('b', (seq) => ({
        ...{ type: 'unit', seq, time: played.now + 1, priority: 2, ops: [] },
        relay,
      })),
    ).toThrow();
    await played.site.turn(50);
    expect([receivedOf('b'), receivedOf('c')]).toEqual([b + 1, c]);
  });

  it('a site that comes back does not change it, nor does a restart here', async () => {
    const { played, last } = await withoutC();
    played.site.engine.declareOut('c');
    played.outs.b = told(last);
    for (let i = 0; i < 3; i++) await played.second(1);
    expect(played.status.out).toMatchObject([{ inForce: true }]);
    played.site.crash();
    const { disk, redis, timers } = played.site;
    const again = await new PlayedSite({ disk, redis, instance: '2', now: timers.now }).run();
    expect(again.status.out).toEqual([{ site: 'c', inForce: true, waitsFor: [] }]);
    again.away.add('c');
    const { received } = again.status.origins.find(({ site }) => site === 'c')!;
    again.site.receive(
      [{ type: 'heartbeat', seq: received + 1, time: again.now, priority: 3, received: 1 }],
      'c/main/c1',
    );
    again.site.receive([{ type: 'heartbeat', seq: 1, time: again.now, priority: 3, received: 1 }], 'c/main/c2');
    await again.site.turn(1000);
    const origins = again.status.origins.filter(({ site }) => site === 'c');
    expect(origins.map((origin) => origin.received)).toEqual([received]);
  });

  it('is followed where another site has told it, also where the site is heard here', async () => {
    const { played, last } = await withoutC();
    played.site.transport.linked = played.site.transport.linked.map((link) => ({ ...link, state: 'up' }));
    played.outs.b = told(last - 100);
    for (let i = 0; i < 2; i++) await played.second(1);
    expect(played.status.out).toEqual([
      { site: 'c', inForce: false, waitsFor: [expect.stringMatching(/^b lacks what c wrote/)] },
    ]);
    played.outs.b = told(last);
    for (let i = 0; i < 3; i++) await played.second(1);
    expect(played.status.out).toEqual([{ site: 'c', inForce: true, waitsFor: [] }]);
  });

  it('is refused where the site is no peer, or is there', async () => {
    const { played } = await withoutC();
    expect(played.site.engine.declareOut('x')).toBe('x is no peer of a: there are b, c');
    expect(played.site.engine.declareOut('b')).toBe('b is there: its link is up. Stop its replicator first');
    expect(played.status.out).toEqual([]);
    await played.site.engine.stop();
    expect(played.site.engine.declareOut('c')).toMatch(/^the shard does not run/);
  });

  it('capturing that waits for it goes on', async () => {
    const { played, last } = await withoutC({ limits: { maxWindowBytes: 20_000 } });
    for (let i = 0; i < 30 && !played.site.isPaused; i++) await played.second(2);
    expect(played.site.isPaused).toBe(true);
    played.site.engine.declareOut('c');
    played.outs.b = told(last);
    for (let i = 0; i < 8; i++) await played.second(1);
    expect(played.site.isPaused).toBe(false);
    expect(played.status).toMatchObject({ capturedUnits: played.written, out: [{ inForce: true }] });
  });
});

describe('being declared out', () => {
  it('is told while it is not in force, and stops the shard when it is', async () => {
    const { played, last } = await withoutC();
    played.outs.b = [{ site: 'a', received: last, inForce: false }];
    for (let i = 0; i < 2; i++) await played.second(1);
    expect(played.status).toMatchObject({ state: 'running', out: [] });
    expect(played.status.alarms.find(({ name }) => name === 'declared-out')).toMatchObject({
      active: true,
      message: 'b has declared this site out; it is not in force yet',
    });
    played.outs.b = [{ site: 'a', received: last, inForce: true }];
    for (let i = 0; i < 2; i++) await played.second(1);
    expect(played.site.halts).toEqual([
      'resync-required: declared out, as b tells: nothing of this site is taken any more',
    ]);
  });
});

it('what ends once a site is out covers it up to now: others forget what is later than its last', () => {
  const { shard, arrived } = partShard();
  const origin = 'c/main/c1';
  const inbox = arrived([unit(1, [assign('k', 'v')], peerTime(1), 3)], origin);
  inbox.take();
  inbox.settle(1, peerTime(1));
  inbox.acknowledged = 1;
  shard.at = { replicationId, offset: 0, db: 0 };
  shard.outcasts.declare('c');
  shard.clock.observe(peerTime(8));
  const coveredOfC = () => new Map(shard.seen(0, 'k')).get(3);
  expect(coveredOfC()).toBe(peerTime(1));
  const out = told(peerTime(1), true);
  arrived([{ type: 'heartbeat', seq: 1, time: peerTime(7), priority: 2, received: 0, out }]);
  shard.outcasts.sweep();
  expect([shard.outcasts.isOut('c'), coveredOfC()]).toEqual([true, peerTime(8)]);
});
