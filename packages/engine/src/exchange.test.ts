import { ByteWriter, encodeEntry, type LinkStatus } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { batchOf, beat, ownOrigin, peerOrigin, peerTime, unit, units } from '../test-support/entries.ts';
import { partShard } from '../test-support/part-shard.ts';
import { settle } from '../test-support/recorders.ts';
import { Committer } from './committer.ts';
import { Exchange } from './exchange.ts';
import { InboxError } from './inbox.ts';
import type { EngineLimits } from './options.ts';

function setup(limits: Partial<EngineLimits> = {}) {
  const parts = partShard({}, limits);
  const halts: string[] = [];
  const committer = new Committer(parts.shard, { flushed: () => {}, failed: () => {} });
  const exchange = new Exchange(parts.shard, committer, (state, reason) => halts.push(`${state}: ${reason}`));
  return { ...parts, exchange, halts };
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
