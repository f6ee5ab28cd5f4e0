import { type Entry, fromByteString, type Op } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { assign, beat, codec, ownOrigin, peerOrigin, peerTime, startMs, unit, units } from '../test-support/entries.ts';
import { partShard } from '../test-support/part-shard.ts';
import { ManualTimers, settle } from '../test-support/recorders.ts';
import { ApplyLane, type Batch } from './apply-lane.ts';
import { Feeder } from './feeder.ts';
import { Fences } from './fences.ts';
import type { EngineLimits } from './options.ts';

/** A feeder over an open lane. */
async function setup(limits: Partial<EngineLimits> = {}) {
  const parts = partShard({}, limits);
  const timers = new ManualTimers(startMs);
  const atOnce: number[][] = [];
  const { shard, target } = parts;
  const lane = new ApplyLane({
    origin: ownOrigin,
    instance: 'one',
    target,
    codec,
    alarms: shard.alarms,
    timers,
    host: {
      committed: () => ({ seq: 0, time: 0 }),
      repairs: () => [],
      isPredecessor: () => false,
      peerField: () => '',
      foreign: () => {},
      opened: () => {},
      progress: () => feeder.pump(),
    },
  });
  const fences = new Fences(shard, lane, { fenceAnswered: () => {} });
  const feeder = new Feeder(shard, lane, fences, {
    want: () => {},
    wanted: () => {},
    untold: () => {},
    check: () => {},
    stayed: () => {},
    replaced: () => {},
    library: () => 'changed',
    settledAtOnce: (inbox, seq, time, reported) => {
      inbox.settle(seq, time);
      atOnce.push([seq, time, reported]);
    },
  });
  const see = (at: number): Batch | undefined => {
    const own = codec.read('own', String(target.calls[at]!.args[5]));
    return own?.type === 'own' ? lane.seen(own) : undefined;
  };
  lane.claim();
  await timers.advance(0);
  target.calls[0]!.answer('ok:0');
  await settle();
  see(0);
  target.calls.length = 0;
  return { ...parts, feeder, lane, atOnce, see, keys: () => target.calls.map(({ args }) => keysOf(args)) };
}

function keysOf(args: readonly (string | Uint8Array)[]): string[] {
  const keys: string[] = [];
  for (let i = 6; i < args.length; i += 3) keys.push(String(args[i + 1]));
  return keys;
}

function adding(seq: number, key: string, member: string): Entry {
  const op: Op = { type: 'member', db: 0, index: 0, key, member, present: true };
  return unit(seq, [op]);
}

describe('Feeder', () => {
  it('sends what is flushed as one call, and gathers while that is unanswered', async () => {
    const parts = await setup();
    parts.arrived(units(1, 2));
    parts.feeder.pump();
    expect(parts.keys()).toEqual([['k1', 'k2']]);
    parts.arrived(units(3, 3));
    parts.arrived(units(4, 5));
    parts.feeder.pump();
    expect(parts.keys()).toHaveLength(1);
    parts.target.calls[0]!.answer('ok:0');
    await settle();
    expect(parts.keys()).toEqual([
      ['k1', 'k2'],
      ['k3', 'k4', 'k5'],
    ]);
    expect(parts.see(0)).toMatchObject({ settles: { seq: 2, time: peerTime(2) }, units: 2, ops: 2 });
  });

  it('waits for no flush where a newer one has flushed already', async () => {
    const { arrived, feeder, lane, shard } = await setup();
    const flush: Op = { type: 'flush', db: 0, index: 0, key: '' };
    shard.model.flush(flush, { time: peerTime(9), priority: 1, origin: ownOrigin });
    arrived([unit(1, [flush])]);
    feeder.pump();
    expect([lane.lastOf(peerOrigin)!.args, lane.lastOf(peerOrigin)!.flushed]).toEqual([[], []]);
    expect(shard.model.databases.isUnknown(0)).toBe(false);
  });

  it('sends nothing while the lane is not open', async () => {
    const parts = await setup();
    parts.lane.close();
    parts.arrived([...units(1, 1), beat(2)]);
    parts.feeder.pump();
    expect([parts.keys(), parts.atOnce]).toEqual([[], []]);
  });

  it('maxBatchOps: ends a call with the unit that reaches it, and splits no unit', async () => {
    const parts = await setup({ maxBatchOps: 3 });
    const pair = (seq: number): Entry => unit(seq, [assign(`x${seq}`, '1'), { ...assign(`y${seq}`, '1'), index: 2 }]);
    parts.arrived([pair(1), pair(2), pair(3)]);
    parts.feeder.pump();
    parts.target.calls[0]!.answer('ok:0');
    await settle();
    expect(parts.keys()).toEqual([
      ['x1', 'y1', 'x2', 'y2'],
      ['x3', 'y3'],
    ]);
  });

  it('maxBatchBytes: ends a call with the unit that reaches it', async () => {
    const parts = await setup({ maxBatchBytes: 1000 });
    parts.arrived([1, 2, 3].map((seq) => unit(seq, [assign(`k${seq}`, 'x'.repeat(600))])));
    parts.feeder.pump();
    parts.target.calls[0]!.answer('ok:0');
    await settle();
    expect(parts.keys()).toEqual([['k1', 'k2'], ['k3']]);
  });

  it('maxInFlight: no further call until one is seen', async () => {
    const parts = await setup({ maxInFlight: 2, maxBatchOps: 1 });
    parts.arrived(units(1, 4));
    for (let i = 0; i < 4; i++) {
      parts.feeder.pump();
      for (const call of parts.target.calls) call.answer('ok:0');
      await settle();
    }
    expect([parts.keys(), parts.lane.inFlight]).toEqual([[['k1'], ['k2']], 2]);
    parts.see(0);
    parts.feeder.pump();
    expect(parts.keys()).toEqual([['k1'], ['k2'], ['k3']]);
  });

  it('does not wait for an answer when very much has gathered', async () => {
    const parts = await setup({ maxBatchOps: 100 });
    parts.arrived(units(1, 500));
    parts.feeder.pump();
    expect(parts.target.calls.map(({ answered }) => answered)).toEqual([false, false, false]);
  });

  it('takes the origins in turn', async () => {
    const parts = await setup({ maxBatchOps: 1 });
    parts.arrived(units(1, 2));
    parts.arrived(
      [1, 2].map((seq) => unit(seq, [assign(`c${seq}`, '1')], peerTime(seq), 3)),
      'c/main/c1',
    );
    for (let i = 0; i < 4; i++) {
      parts.feeder.pump();
      parts.target.calls.at(-1)!.answer('ok:0');
      await settle();
    }
    expect(parts.keys().flat().sort()).toEqual(['c1', 'c2', 'k1', 'k2']);
    expect(parts.keys().slice(0, 2).flat().sort()).toEqual(['c1', 'k1']);
  });

  it('counts a key once for each call that concerns it', async () => {
    const parts = await setup();
    parts.arrived([unit(1, [assign('k', '1')]), unit(2, [assign('k', '2')])]);
    parts.feeder.pump();
    expect(parts.shard.model.find(0, 'k')!.inFlight).toBe(1);
    expect(parts.lane.lastOf(peerOrigin)!.keys).toHaveLength(1);
  });

  it('counts what lost, and still moves the marker', async () => {
    const parts = await setup();
    const newer = { time: peerTime(100), priority: 1, origin: ownOrigin };
    parts.shard.model.mergeLocal(assign('k1', 'mine'), newer);
    parts.arrived(units(1, 1));
    parts.feeder.pump();
    expect(parts.shard.tallies.conflicts).toEqual({ 'string/remote-lost': 1 });
    expect(parts.target.calls[0]!.args).toHaveLength(6);
    expect(parts.see(0)).toMatchObject({ units: 1, settles: { seq: 1 } });
  });

  describe('heartbeats', () => {
    it('settle at once when nothing of their origin is on its way', async () => {
      const parts = await setup();
      parts.arrived([beat(1, 70), beat(2, 80)]);
      parts.feeder.pump();
      expect([parts.atOnce, parts.keys()]).toEqual([[[2, peerTime(2), 80]], []]);
    });

    it('settle with the batch before them', async () => {
      const parts = await setup();
      parts.arrived(units(1, 2));
      parts.feeder.pump();
      parts.arrived([beat(3, 70)]);
      parts.feeder.pump();
      expect(parts.atOnce).toEqual([]);
      expect(parts.see(0)).toMatchObject({ peer: { seq: 2 }, settles: { seq: 3, time: peerTime(3) }, reported: 70 });
    });

    it('go along with the units around them', async () => {
      const parts = await setup();
      parts.arrived([beat(1, 60), ...units(2, 2), beat(3, 70)]);
      parts.feeder.pump();
      expect(parts.see(0)).toMatchObject({ settles: { seq: 3 }, reported: 70, units: 1, newestUnit: peerTime(2) });
    });

    it('do not wait for another origin’s batch', async () => {
      const parts = await setup();
      parts.arrived(units(1, 1));
      parts.feeder.pump();
      parts.arrived([beat(1, 50, peerTime(1), 3)], 'c/main/c1');
      parts.feeder.pump();
      expect(parts.atOnce).toEqual([[1, peerTime(1), 50]]);
    });

    it('maxInFlight holds for the units behind a heartbeat too', async () => {
      const parts = await setup({ maxInFlight: 1 });
      parts.arrived(units(1, 1));
      parts.feeder.pump();
      parts.target.calls[0]!.answer('ok:0');
      await settle();
      parts.arrived([beat(2), ...units(3, 3)]);
      parts.feeder.pump();
      expect(parts.lane.inFlight).toBe(1);
    });
  });

  it('maxBatchBytes: members, fields and keys count as values do', async () => {
    const parts = await setup({ maxBatchBytes: 1000 });
    parts.arrived([1, 2, 3].map((seq) => adding(seq, 's', `${seq}${'x'.repeat(600)}`)));
    parts.feeder.pump();
    expect(parts.see(0)!.units).toBe(2);
  });

  it('applies bytes as they are', async () => {
    const parts = await setup();
    parts.arrived([unit(1, [{ ...assign('k\u00ff', ''), value: fromByteString('\u0000\u00ff') } as Op])]);
    parts.feeder.pump();
    expect(parts.target.calls[0]!.args.slice(6)).toEqual(['S', 'k\u00ff', new Uint8Array([0, 255])]);
  });
});
