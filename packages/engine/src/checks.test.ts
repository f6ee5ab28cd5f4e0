import { type Ask, contentDigest, fromByteString, type KeyContent } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { assign, ownOrigin, peerOrigin, peerTime, unit } from '../test-support/entries.ts';
import { partShard, replicationId } from '../test-support/part-shard.ts';
import { Checks } from './checks.ts';
import type { Fences } from './fences.ts';

const key = 'k';
const text = (value: string): KeyContent => ({ kind: 'string', value: fromByteString(value) });
const told = { type: 'check', db: 0, index: 0, key, digest: contentDigest(text('theirs'), null)! } as const;

/** Comparisons of a shard; what they ask the fences for. `b` has the higher priority than `a`, which is ours; `c` too. */
function setup(priority = 1) {
  const peers = [
    { site: 'b', priority: 2 },
    { site: 'c', priority: 3 },
  ];
  const parts = partShard({ priority, peers });
  const asked: Ask[] = [];
  const fences: Pick<Fences, 'add'> = { add: (asks) => asked.push(...asks) };
  const { shard } = parts;
  return {
    ...parts,
    asked,
    checks: new Checks(shard, fences as Fences),
    /** A peer's next entry, of such a time, has been heard. */
    hear: (time: number, origin = peerOrigin) => {
      const seq = (shard.inbox(origin)?.settled ?? 0) + 1;
      const inbox = parts.arrived(
        [unit(seq, [assign(`of ${origin}`, 'v')], peerTime(time), origin === peerOrigin ? 2 : 3)],
        origin,
      );
      inbox.take();
      inbox.settle(seq, peerTime(time));
    },
    alarms: () => shard.alarms.list().map(({ name }) => name),
  };
}

const outOf = (site: string, received: number) => [{ site, received, inForce: true }];
const stamp = (seq: number) => ({ time: peerTime(seq), priority: 3, origin: 'c/main/c1' });
const compare = (covers: readonly (readonly [number, number])[]) =>
  ({ ...told, type: 'compare', covers, version: { time: peerTime(9), priority: 3, index: 0 } }) as const;

describe('Checks', () => {
  it('compare with what another site tells once this one has heard as much', () => {
    const { checks, asked, hear } = setup();
    checks.received({ ...told, covers: [[2, peerTime(1)]] }, stamp(2));
    checks.sweep(true);
    expect([asked, checks.outstanding]).toEqual([[], 1]);
    hear(1);
    checks.sweep(true);
    expect(asked).toMatchObject([{ type: 'compare', key, digest: told.digest }]);
    expect(checks.outstanding).toBe(0);
  });

  it('compare at once with what was told by one that had heard no more', () => {
    const { checks, asked, hear } = setup();
    hear(1);
    checks.received({ ...told, covers: [[2, peerTime(1)]] }, stamp(2));
    expect(asked).toHaveLength(1);
  });

  it('compare what was told by a site that knows one to be out once that is known here', () => {
    const { checks, asked, hear, arrived, shard } = setup();
    hear(1);
    shard.at = { replicationId, offset: 0, db: 0 };
    expect(shard.outcasts.declare('b')).toBeUndefined();
    checks.received({ ...told, covers: [[2, peerTime(1)]] }, stamp(2));
    checks.sweep(true);
    expect([asked, checks.outstanding]).toEqual([[], 1]);
    arrived(
      [{ type: 'heartbeat', seq: 1, time: peerTime(3), priority: 3, received: 0, out: outOf('b', peerTime(1)) }],
      'c/main/c1',
    );
    shard.inbox(peerOrigin)!.acknowledged = 1;
    shard.outcasts.sweep();
    checks.sweep(true);
    expect(asked).toHaveLength(1);
  });

  it('keep the newest of what is told of a key', () => {
    const { checks, asked, hear } = setup();
    checks.received({ ...told, covers: [[2, peerTime(1)]] }, stamp(2));
    checks.received({ ...told, digest: 'newer', covers: [[2, peerTime(1)]] }, stamp(3));
    hear(1);
    checks.sweep(true);
    expect(asked).toMatchObject([{ digest: 'newer' }]);
  });

  it('find no difference where this site has heard of one that the teller has not', () => {
    const { checks, hear } = setup();
    hear(1);
    expect(checks.differs(compare([[2, 0]]), undefined, text('ours'), null)).toBe(false);
    expect(checks.differs(compare([[2, peerTime(1)]]), undefined, text('ours'), null)).toBe(true);
  });

  it('find none in what is newer here, or the same', () => {
    const { checks, shard } = setup();
    const seen = compare([[2, peerTime(1)]]);
    expect(checks.differs(seen, undefined, text('theirs'), null)).toBe(false);
    const newer = shard.model.mergeLocal(assign(key, 'ours'), { time: peerTime(10), priority: 1, origin: ownOrigin });
    expect(checks.differs(seen, newer, text('ours'), null)).toBe(false);
  });

  it('maxRepairs: leave a key as it is that stays different, with an alarm', () => {
    const { checks, alarms } = setup();
    const found = Array.from({ length: 4 }, () => checks.differs(compare([]), undefined, text('ours'), null));
    expect(found).toEqual([true, true, true, false]);
    expect(alarms()).toContain('unequal');
  });

  it('are told by the site of the highest priority alone, at rest, and when all have been heard up to the last write', () => {
    for (const [priority, expected] of [
      [1, 0],
      [4, 1],
    ] as const) {
      const { checks, asked, hear, shard } = setup(priority);
      const state = shard.model.mergeLocal(assign(key, 'v'), { time: peerTime(5), priority, origin: ownOrigin });
      shard.model.contend(state);
      hear(4);
      hear(9, 'c/main/c1');
      checks.sweep(true);
      expect(asked).toEqual([]);
      hear(6);
      checks.sweep(true);
      expect(asked).toHaveLength(expected);
    }
  });

  it('are told again where somebody has written meanwhile: who compares knows of something newer', () => {
    const again = (settled: number, written?: number) => {
      const { checks, asked, hear, shard } = setup(4);
      hear(4);
      hear(9, 'c/main/c1');
      checks.noteTold(0, key, peerTime(7));
      expect(checks.outstanding).toBe(1);
      shard.model.forget(peerTime(settled));
      const stamp = { time: peerTime(written ?? 0), priority: 2, origin: peerOrigin };
      if (written !== undefined) shard.model.merge(assign(key, 'v'), stamp);
      hear(20);
      hear(20, 'c/main/c1');
      checks.sweep(true);
      checks.sweep(true);
      return [asked.length, checks.outstanding];
    };
    // It had been heard up to 4.
    expect(again(3, 5)).toEqual([1, 0]);
    expect(again(3, 8)).toEqual([1, 0]);
    expect(again(3, 4)).toEqual([0, 1]);
    expect(again(3)).toEqual([0, 1]);
    expect(again(7)).toEqual([0, 0]);
  });
});
