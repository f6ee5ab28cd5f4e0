import { ByteWriter, encodeEntry, type LinkStatus, timeOfUnix } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { batchOf, beat, ownOrigin, peerOrigin, peerTime, startMs, unit, units } from '../test-support/entries.ts';
import { partShard } from '../test-support/part-shard.ts';
import { settle } from '../test-support/recorders.ts';
import { Committer } from './committer.ts';
import { Exchange } from './exchange.ts';
import { InboxError } from './inbox.ts';
import type { EngineLimits } from './options.ts';

function setup(limits: Partial<EngineLimits> = {}, now: () => number = () => startMs) {
  const notes: string[] = [];
  const parts = partShard({ clock: { now }, onEvent: ({ message }) => notes.push(message) }, limits);
  const halts: string[] = [];
  const committer = new Committer(parts.shard, { flushed: () => {}, failed: () => {} });
  const exchange = new Exchange(parts.shard, committer, (state, reason) => halts.push(`${state}: ${reason}`));
  return { ...parts, exchange, halts, notes };
}

const link = (peer: string, state: LinkStatus['state'], detail = 'why'): LinkStatus => {
  return { peer, direction: 'out', state, detail };
};

describe('Exchange', () => {
  it('says where to go on, and takes entries in', () => {
    const { exchange, shard } = setup();
    expect(exchange.receivedUpTo(peerOrigin)).toBe(0);
    exchange.deliver(batchOf(units(1, 3)));
    expect(exchange.receivedUpTo(peerOrigin)).toBe(3);
    expect(shard.clock.last).toBe(peerTime(3));
  });

  it('knows a new incarnation of a peer as an origin of its own', () => {
    const { exchange, shard } = setup();
    exchange.deliver(batchOf(units(1, 3)));
    expect(exchange.receivedUpTo('b/main/b2')).toBe(0);
    exchange.deliver(batchOf(units(1, 1), 'b/main/b2'));
    expect([...shard.inboxes.values()].map(({ origin, received }) => [origin, received])).toEqual([
      [peerOrigin, 3],
      ['b/main/b2', 1],
    ]);
  });

  it('refuses an origin whose site is not declared', () => {
    const { exchange } = setup();
    expect(() => exchange.deliver(batchOf(units(1, 1), 'x/main/1'))).toThrow(InboxError);
    expect(exchange.receivedUpTo('x/main/1')).toBe(0);
  });

  it('maxInboxBytes: pauses an origin above it, and resumes at half', async () => {
    const bytes = batchOf(units(1, 4)).body.length;
    const { exchange, shard, transport } = setup({ maxInboxBytes: bytes - 1 });
    for (const part of [units(1, 1), units(2, 2), units(3, 3)]) exchange.deliver(batchOf(part));
    expect(transport.told).toEqual([]);
    exchange.deliver(batchOf(units(4, 4)));
    expect(transport.told).toEqual([`pause ${peerOrigin}`]);
    const inbox = shard.inbox(peerOrigin)!;
    inbox.settle(1, peerTime(1));
    exchange.checkPressure();
    expect(transport.told).toHaveLength(1);
    inbox.settle(3, peerTime(3));
    exchange.checkPressure();
    expect(transport.told).toEqual([`pause ${peerOrigin}`, `resume ${peerOrigin}`]);
  });

  it('holds every origin while the stream is broken, the full ones longer', () => {
    const { exchange, shard, transport } = setup({ maxInboxBytes: 100 });
    exchange.deliver(batchOf(units(1, 1)));
    exchange.deliver(batchOf([unit(1, [], peerTime(1), 3)], 'c/main/c1'));
    exchange.hold();
    expect(transport.told).toEqual([`pause ${peerOrigin}`, 'pause c/main/c1']);
    shard.inbox('c/main/c1')!.bytes = 1000;
    exchange.release();
    exchange.release();
    expect(transport.told.slice(2)).toEqual([`resume ${peerOrigin}`]);
  });

  it('notes acknowledgements, and never takes one back', () => {
    const { exchange, shard } = setup();
    for (const seq of [3, 5, 4]) exchange.acknowledged('b', seq);
    expect(shard.ledger.acknowledged).toEqual({ b: 5 });
    expect(shard.leastAcknowledged()).toBe(0);
  });

  it('stops when a peer holds more of our log than we do', () => {
    const { exchange, halts } = setup();
    exchange.originAhead('b', 9);
    expect(halts).toEqual([expect.stringMatching(/^resync-required: b holds our log up to seq 9, ours ends at 0/)]);
  });

  it('stops when our own log cannot be read', async () => {
    const { exchange, shard, log, disk, halts } = setup();
    const writer = new ByteWriter();
    encodeEntry(writer, beat(1));
    void log.commit({
      append: [{ stream: ownOrigin, first: 1, last: 1, body: writer.take(writer.length) }],
      put: [],
      trim: [],
    });
    log.flush();
    await settle();
    shard.ownLog.flushed({ stream: ownOrigin, first: 2, last: 2, body: new Uint8Array(1) });
    expect(exchange.readOwn(1, 100)).toMatchObject({ first: 1, last: 1 });
    expect(exchange.ownRange()).toEqual({ first: 1, last: 2 });
    disk.damage(ownOrigin, 1);
    expect(exchange.readOwn(1, 100)).toBeUndefined();
    expect(halts).toEqual([expect.stringMatching(/^failed: .*damaged/)]);
  });

  it('raises an alarm for each link that is down or refused, until it is up', () => {
    const { exchange, shard } = setup();
    exchange.linkChanged(link('b', 'connecting'));
    expect(shard.alarms.list()).toEqual([]);
    exchange.linkChanged(link('b', 'down'));
    expect(shard.alarms.list()).toMatchObject([{ name: 'link-out-b', active: true }]);
    exchange.linkChanged(link('b', 'up'));
    expect(shard.alarms.list()).toMatchObject([{ name: 'link-out-b', active: false }]);
  });

  it('raises an alarm while a peer has other policies, and none where it does not say', () => {
    const { exchange, shard } = setup();
    exchange.linkChanged({ ...link('b', 'up'), direction: 'in', policies: '' });
    exchange.linkChanged({ ...link('b', 'up'), direction: 'in' });
    exchange.linkChanged({ ...link('stranger', 'up'), direction: 'in', policies: '00000000' });
    expect(shard.alarms.list()).toEqual([]);
    exchange.linkChanged({ ...link('b', 'up'), direction: 'in', policies: '0123abcd' });
    expect(shard.alarms.list()).toMatchObject([{ name: 'policies-differ-b', active: true }]);
    exchange.linkChanged({ ...link('b', 'up'), direction: 'in', policies: '' });
    expect(shard.alarms.list()).toMatchObject([{ name: 'policies-differ-b', active: false }]);
  });

  it('strangers do not fill the list of alarms', () => {
    const { exchange, shard } = setup();
    for (let i = 0; i < 1000; i++) exchange.linkChanged(link(`10.0.0.${i}`, 'refused'));
    expect(shard.alarms.list()).toHaveLength(1);
  });

  it('an origin that is new while the stream is broken is held before its first entry', () => {
    const { exchange, transport } = setup();
    exchange.hold();
    exchange.receivedUpTo(peerOrigin);
    expect(transport.told).toEqual([`pause ${peerOrigin}`]);
  });

  it('an entry at or below the cut is refused: what it would be compared with is forgotten', () => {
    const { exchange, shard } = setup();
    shard.model.forget(peerTime(50));
    expect(() => exchange.deliver(batchOf(units(1, 1), 'b/main/b2'))).toThrow(InboxError);
  });
});

describe('entries too far ahead of our wall clock', () => {
  const at = (seq: number, aheadMs: number) => unit(seq, [], timeOfUnix(startMs + aheadMs));
  const alarm = ({ shard }: ReturnType<typeof setup>) =>
    shard.alarms.list().find(({ name }) => name === 'clock-ahead-b');
  const inboxOf = ({ shard }: ReturnType<typeof setup>) => shard.inbox(peerOrigin)!;

  function ahead() {
    let now = startMs;
    const parts = setup({ maxClockDriftMs: 60_000 }, () => now);
    return { ...parts, move: (ms: number) => (now += ms) };
  }

  it('maxClockDriftMs: what is at the limit is taken, the first beyond it stops the log, with what follows', async () => {
    const parts = ahead();
    parts.exchange.deliver(batchOf([at(1, 0), at(2, 60_000), at(3, 60_001), at(4, 60_002)]));
    expect(inboxOf(parts)).toMatchObject({ received: 2, skewSeconds: 60.002 });
    expect(parts.exchange.receivedUpTo(peerOrigin)).toBe(2);
    expect(parts.shard.clock.last).toBe(timeOfUnix(startMs + 60_000));
    for (let i = 0; i < 3; i++, await settle()) parts.log.flush();
    expect(parts.log.read(peerOrigin, 1, 1000)).toMatchObject([
      { first: 1, last: 2, body: batchOf([at(1, 0), at(2, 60_000)]).body },
    ]);
    expect(parts.transport.told).toEqual([`pause ${peerOrigin}`]);
    expect(alarm(parts)).toMatchObject({
      active: true,
      message: expect.stringMatching(/^since 2030-03-17.*b writes.* 60 s ahead/),
    });
  });

  it('goes on by itself when our clock has come near enough, and says that it has passed when nothing was held for a while', () => {
    const parts = ahead();
    parts.exchange.deliver(batchOf([at(1, 70_000), at(2, 80_000)]));
    expect(inboxOf(parts).received).toBe(0);
    parts.move(9_999);
    parts.exchange.checkDrift();
    expect(inboxOf(parts).received).toBe(0);
    parts.move(1);
    parts.exchange.checkDrift();
    expect([inboxOf(parts).received, inboxOf(parts).deduplicated]).toEqual([1, 0]);
    expect(parts.transport.told).toHaveLength(1);
    parts.move(10_000);
    parts.exchange.checkDrift();
    expect(inboxOf(parts).received).toBe(2);
    expect(parts.transport.told).toEqual([`pause ${peerOrigin}`, `resume ${peerOrigin}`]);
    expect(alarm(parts)).toMatchObject({ active: true, count: 1 });
    for (let i = 0; i < 8; i++) parts.exchange.checkDrift();
    expect(alarm(parts)).toMatchObject({ active: false });
    expect(inboxOf(parts)).toMatchObject({
      quarantine: undefined,
      bytes: batchOf([at(1, 70_000), at(2, 80_000)]).body.length,
    });
  });

  it('what comes all the same is held behind it, and counts as received and not settled', async () => {
    const parts = ahead();
    parts.exchange.deliver(batchOf([at(1, 70_000)]));
    const { bytes } = inboxOf(parts);
    parts.exchange.deliver(batchOf([at(1, 70_000), at(2, 70_001)]));
    parts.exchange.deliver(batchOf([at(2, 70_001)]));
    expect(inboxOf(parts).bytes).toBe(3 * bytes);
    expect(() => parts.exchange.deliver(batchOf([at(4, 70_002)]))).toThrow(/seq 3 is missing/);
    parts.move(60_000);
    parts.exchange.checkDrift();
    expect(inboxOf(parts).received).toBe(2);
    for (let i = 0; i < 3; i++, await settle()) parts.log.flush();
    expect(parts.log.read(peerOrigin, 1, 1000).map(({ first, last }) => [first, last])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('neither that pause nor the one for a broken stream, or for a full inbox, ends another', () => {
    const parts = ahead();
    parts.exchange.deliver(batchOf([at(1, 70_000)]));
    parts.exchange.hold();
    parts.move(60_000);
    parts.exchange.checkDrift();
    expect(inboxOf(parts).received).toBe(0);
    parts.exchange.release();
    expect(parts.transport.told).toEqual([`pause ${peerOrigin}`]);
    parts.exchange.checkDrift();
    expect(parts.transport.told).toEqual([`pause ${peerOrigin}`, `resume ${peerOrigin}`]);
    parts.exchange.hold();
    parts.exchange.deliver(batchOf([at(2, 200_000)]));
    parts.exchange.release();
    expect(parts.transport.told.slice(2)).toEqual([`pause ${peerOrigin}`]);
    inboxOf(parts).bytes += 1 << 30;
    parts.move(200_000);
    parts.exchange.checkDrift();
    expect([inboxOf(parts).received, inboxOf(parts).heldFrom, parts.transport.told.length]).toEqual([2, undefined, 3]);
    inboxOf(parts).bytes -= 1 << 30;
    parts.exchange.checkPressure();
    expect(parts.transport.told.at(-1)).toBe(`resume ${peerOrigin}`);
  });

  it('other sites go on', () => {
    const parts = ahead();
    parts.exchange.deliver(batchOf([at(1, 70_000)]));
    parts.exchange.deliver(batchOf([unit(1, [], timeOfUnix(startMs), 3)], 'c/main/c1'));
    expect(parts.shard.inbox('c/main/c1')!.received).toBe(1);
    expect(parts.transport.told).toEqual([`pause ${peerOrigin}`]);
  });

  it('what can no longer be placed when its time comes is dropped, and said', () => {
    const parts = ahead();
    parts.exchange.deliver(batchOf([at(1, 70_000)]));
    parts.shard.model.forget(timeOfUnix(startMs + 90_000));
    parts.move(60_000);
    parts.exchange.checkDrift();
    expect([inboxOf(parts).received, inboxOf(parts).bytes]).toEqual([0, 0]);
    expect(parts.notes).toEqual([expect.stringMatching(/^what was held is dropped: b.main.b1: seq 1 has time/)]);
    expect(parts.transport.told.at(-1)).toBe(`resume ${peerOrigin}`);
  });
});
