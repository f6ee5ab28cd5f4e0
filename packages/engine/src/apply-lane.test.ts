import { KeyState, type OwnMarker, ownField, type PeerMarker, standaloneMarkerKey } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { codec, ownOrigin, peerOrigin, startMs } from '../test-support/entries.ts';
import { type Call, lostAnswer, ManualTimers, ScriptedTarget, settle } from '../test-support/recorders.ts';
import { Alarms } from './alarms.ts';
import { ApplyLane, type Batch, type LaneHost, ownBatch } from './apply-lane.ts';

class Host implements LaneHost {
  seq = 10;
  repairArgs: readonly string[] = [];
  fields = new Map<string, string>();
  predecessors: readonly string[] = [];
  readonly stops: string[] = [];
  opens = 0;

  committed() {
    return { seq: this.seq, time: 100 };
  }
  repairs() {
    return this.repairArgs;
  }
  isPredecessor(instance: string) {
    return this.predecessors.includes(instance);
  }
  peerField(origin: string) {
    return this.fields.get(origin) ?? '';
  }
  foreign(state: string, reason: string) {
    this.stops.push(`${state}: ${reason}`);
  }
  opened() {
    this.opens++;
  }
  progress() {}
}

function setup() {
  const host = new Host();
  const target = new ScriptedTarget();
  const timers = new ManualTimers(startMs);
  const alarms = new Alarms({ now: () => startMs }, () => {});
  const lane = new ApplyLane({ origin: ownOrigin, instance: 'one', target, codec, host, alarms, timers });
  const own = (call: Call | undefined): OwnMarker => codec.read(ownField, String(call!.args[5])) as OwnMarker;
  return {
    host,
    target,
    timers,
    lane,
    own,
    alarm: () => alarms.list().find(({ active }) => active)?.name,
    /** The stream shows a call: the batch that it was. */
    see(call: Call | undefined): Batch | undefined {
      target.hash = new Map([[ownField, String(call!.args[5])]]);
      const [field, , value] = call!.args;
      if (field !== '') host.fields.set(String(field), String(value));
      return lane.seen(own(call));
    },
    /** The own values of calls not answered yet. */
    waiting: () => target.calls.filter(({ answered }) => !answered),
  };
}

type Setup = ReturnType<typeof setup>;

/** Claims, and lets the claim be answered and seen. */
async function open(parts: Setup): Promise<void> {
  parts.lane.claim();
  await parts.timers.advance(2000);
  const claim = parts.target.calls.at(-1)!;
  claim.answer('ok:0');
  await settle();
  parts.see(claim);
  expect(parts.lane.isOpen).toBe(true);
}

function remote(seq: number, origin = peerOrigin): Batch {
  return {
    ...ownBatch(['S', `k${seq}`, 'v']),
    kind: 'remote',
    peer: { origin, seq, time: seq * 10 },
    grows: true,
    keys: [new KeyState(0, `k${seq}`)],
    settles: { seq, time: seq * 10 },
  };
}

function correction(id: number): Batch {
  return { ...ownBatch(['X', `k${id}`]), kind: 'correction', correction: id };
}

describe('claiming', () => {
  it('rewrites our field alone, from whatever it holds, and opens when that is seen', async () => {
    const parts = setup();
    const held = codec.own({ seq: 9, time: 1, write: 41, correction: 3, instance: 'before', origin: ownOrigin });
    parts.target.hash = new Map([[ownField, held]]);
    parts.lane.claim();
    await parts.timers.advance(0);
    const claim = parts.target.calls[0]!;
    expect(claim.args.slice(0, 5)).toEqual(['', '', '', ownField, held]);
    expect(claim.args).toHaveLength(6);
    expect(claim.freeing).toBe(true);
    expect(parts.own(claim)).toMatchObject({ write: 42, correction: 3, instance: 'one', seq: 10 });
    claim.answer('ok:0');
    await settle();
    expect([parts.lane.isOpen, parts.host.opens]).toEqual([false, 0]);
    expect(parts.see(claim)).toBeUndefined();
    expect([parts.lane.isOpen, parts.lane.everOpen, parts.host.opens]).toEqual([true, true, 1]);
  });

  it('is tried again with growing pauses while Redis cannot be read, and says so', async () => {
    const parts = setup();
    parts.target.hash = new Error('no connection');
    parts.lane.claim();
    await parts.timers.advance(10_000);
    expect(parts.alarm()).toBe('apply-failed');
    expect(parts.target.reads).toBeGreaterThan(5);
    expect(parts.target.reads).toBeLessThan(14);
    parts.target.hash = new Map();
    await parts.timers.advance(2000);
    parts.see(parts.target.calls.at(-1));
    expect([parts.lane.isOpen, parts.alarm()]).toEqual([true, undefined]);
  });

  it('is tried again when the marker moved in between, or the answer is lost', async () => {
    for (const answer of ['own:other', lostAnswer]) {
      const parts = setup();
      parts.lane.claim();
      await parts.timers.advance(0);
      parts.target.calls[0]!.answer(answer);
      await parts.timers.advance(2000);
      expect(parts.target.calls).toHaveLength(2);
      expect(parts.own(parts.target.calls[1]).write).toBeGreaterThan(parts.own(parts.target.calls[0]).write);
    }
  });

  it('takes a marker that is no hash for a missing one', async () => {
    const parts = setup();
    parts.target.hash = new Error('WRONGTYPE Operation against a key');
    parts.lane.claim();
    await parts.timers.advance(0);
    expect(parts.target.calls[0]!.args.slice(0, 5)).toEqual(['', '', '', ownField, '']);
  });

  it.each([
    ['another log', { origin: 'a/main/other' }, /^resync-required: .*a\/main\/other/],
    ['a newer log of ours', { seq: 11 }, /^resync-required: .*up to seq 11, the log itself ends at 10/],
  ])('stops before the marker of %s', async (_, fields, reason) => {
    const parts = setup();
    const held = { seq: 10, time: 1, write: 1, correction: 0, instance: 'before', origin: ownOrigin };
    parts.target.hash = new Map([[ownField, codec.own({ ...held, ...fields })]]);
    parts.lane.claim();
    await parts.timers.advance(0);
    expect(parts.host.stops).toEqual([expect.stringMatching(reason)]);
    expect(parts.target.calls).toEqual([]);
  });

  it('takes over from an earlier process, but gives way to a later one', async () => {
    const other = (write: number): Map<string, string> => {
      const held = { seq: 10, time: 1, write, correction: 0, instance: 'other', origin: ownOrigin };
      return new Map([[ownField, codec.own(held)]]);
    };
    const parts = setup();
    parts.target.hash = other(5);
    await open(parts);
    expect(parts.host.stops).toEqual([]);
    parts.target.hash = other(99);
    parts.lane.claim();
    await parts.timers.advance(2000);
    expect(parts.host.stops).toEqual([expect.stringMatching(/^superseded/)]);
  });

  it('takes back what an earlier process had written, and has come back', async () => {
    const parts = setup();
    await open(parts);
    parts.host.predecessors = ['before'];
    const held = codec.own({ seq: 4, time: 1, write: 7, correction: 0, instance: 'before', origin: ownOrigin });
    parts.target.hash = new Map([[ownField, held]]);
    parts.lane.claim();
    await parts.timers.advance(2000);
    expect([parts.host.stops, parts.target.calls.at(-1)!.args[4]]).toEqual([[], held]);
  });

  it('takes a forged own field for nobody’s', async () => {
    const parts = setup();
    parts.target.hash = new Map([[ownField, 'o1:999:1:1:0:x:a/main/zz:0']]);
    await open(parts);
    expect(parts.target.calls[0]!.args[4]).toBe('o1:999:1:1:0:x:a/main/zz:0');
  });

  it('counts on from the last write seen, when the marker is gone from Redis', async () => {
    const parts = setup();
    const last = { seq: 9, time: 1, write: 500, correction: 4, instance: 'before', origin: ownOrigin };
    parts.host.fields.set(ownField, codec.own(last));
    parts.lane.claim();
    await parts.timers.advance(0);
    expect(parts.own(parts.target.calls[0])).toMatchObject({ write: 501, correction: 4 });
  });

  it('is over when it is seen, whatever its answer says afterwards', async () => {
    const parts = setup();
    parts.lane.claim();
    await parts.timers.advance(0);
    parts.see(parts.target.calls[0]);
    expect(parts.lane.isOpen).toBe(true);
    parts.target.calls[0]!.answer(lostAnswer);
    await parts.timers.advance(5000);
    expect(parts.target.calls).toHaveLength(1);
    expect(parts.alarm()).toBeUndefined();
  });
});

describe('the line of calls', () => {
  it('every call expects what the one before it leaves, in our field and in the origin’s', async () => {
    const parts = setup();
    parts.host.fields.set(peerOrigin, codec.peer({ origin: peerOrigin, seq: 1, time: 10 }));
    await open(parts);
    for (const batch of [remote(2), ownBatch([]), remote(3), remote(7, 'c/main/c1')]) parts.lane.send(batch);
    const [claim, ...calls] = parts.target.calls;
    for (const [i, call] of calls.entries()) expect(call.args[4]).toBe([claim!, ...calls][i]!.args[5]);
    const peers = calls.map(({ args }) => args.slice(0, 3));
    const value = (seq: number): string => codec.peer({ origin: peerOrigin, seq, time: seq * 10 });
    expect(peers[0]).toEqual([peerOrigin, value(1), value(2)]);
    expect(peers[1]).toEqual(['', '', '']);
    expect(peers[2]).toEqual([peerOrigin, value(2), value(3)]);
    expect(peers[3]!.slice(0, 2)).toEqual(['c/main/c1', '']);
    expect(calls.map(({ freeing }) => freeing)).toEqual([false, true, false, false]);
  });

  it('a batch is done when it is seen, not when it is answered', async () => {
    const parts = setup();
    await open(parts);
    const batch = remote(1);
    parts.lane.send(batch);
    const call = parts.target.calls.at(-1)!;
    call.answer('ok:0');
    await settle();
    expect([parts.lane.inFlight, parts.lane.unanswered]).toEqual([1, 0]);
    expect(parts.lane.lastOf(peerOrigin)).toBe(batch);
    expect(parts.see(call)).toBe(batch);
    expect([parts.lane.inFlight, parts.lane.lastOf(peerOrigin)]).toEqual([0, undefined]);
  });

  it('says what data refused', async () => {
    const parts = setup();
    await open(parts);
    parts.lane.send(remote(1));
    parts.target.calls.at(-1)!.answer('ok:3');
    await settle();
    expect(parts.alarm()).toBe('apply-refused');
    expect(parts.lane.isOpen).toBe(true);
  });

  it('the own value names the last correction sent', async () => {
    const parts = setup();
    await open(parts);
    for (const batch of [correction(1), remote(1), correction(2)]) parts.lane.send(batch);
    expect(parts.target.calls.slice(1).map((call) => parts.own(call).correction)).toEqual([1, 1, 2]);
  });
});

describe('after a failure', () => {
  it('waits for all answers, claims, and sends again what was not seen by then', async () => {
    const parts = setup();
    await open(parts);
    const batches = [remote(1), remote(2), remote(3)];
    for (const batch of batches) parts.lane.send(batch);
    const [, first, second, third] = parts.target.calls;
    first!.answer(lostAnswer);
    await parts.timers.advance(5000);
    expect([parts.lane.isOpen, parts.target.calls.length, parts.target.reads]).toEqual([false, 4, 1]);
    expect(parts.alarm()).toBe('apply-failed');
    second!.answer('own:something');
    third!.answer(lostAnswer);
    await settle();
    expect(parts.see(first)).toBe(batches[0]); // it had run after all
    await parts.timers.advance(2000);
    const claim = parts.target.calls[4]!;
    expect(claim.args.slice(0, 5)).toEqual(['', '', '', ownField, first!.args[5]]);
    claim.answer('ok:0');
    await settle();
    expect(parts.target.calls).toHaveLength(5);
    parts.see(claim);
    const again = parts.target.calls.slice(5);
    expect(again.map(({ args }) => (codec.read(peerOrigin, String(args[2])) as PeerMarker).seq)).toEqual([2, 3]);
    expect(again[0]!.args[1]).toBe(codec.peer({ origin: peerOrigin, seq: 1, time: 10 }));
    expect(again[0]!.args[4]).toBe(claim.args[5]);
    expect(parts.alarm()).toBeUndefined();
    expect(parts.see(again[0])).toBe(batches[1]);
  });

  it('a number is never used twice, so a late copy of a call matches nothing', async () => {
    const parts = setup();
    await open(parts);
    parts.lane.send(remote(1));
    for (let round = 0; round < 3; round++) {
      for (const call of parts.waiting()) call.answer(lostAnswer);
      await parts.timers.advance(3000);
      const claim = parts.target.calls.at(-1)!;
      claim.answer('ok:0');
      await settle();
      parts.see(claim);
    }
    const values = parts.target.calls.map(({ args }) => args[5]);
    expect(new Set(values).size).toBe(values.length);
    expect(parts.lane.inFlight).toBe(1);
  });

  it('a mismatch of the marker is a failure as well', async () => {
    const parts = setup();
    await open(parts);
    parts.lane.send(remote(1));
    parts.target.calls.at(-1)!.answer('peer:other');
    await parts.timers.advance(2000);
    expect(parts.target.reads).toBe(2);
    expect(parts.alarm()).toBe('apply-failed');
  });

  it('repairs of the marker go first', async () => {
    const parts = setup();
    await open(parts);
    parts.lane.send(remote(1));
    parts.target.calls.at(-1)!.answer('peer:');
    await settle();
    parts.host.repairArgs = ['H', standaloneMarkerKey, peerOrigin, 'good'];
    await parts.timers.advance(2000);
    const claim = parts.target.calls.at(-1)!;
    claim.answer('ok:0');
    await settle();
    parts.see(claim);
    const [repair, batch] = parts.target.calls.slice(-2);
    expect(repair!.args.slice(6)).toEqual(parts.host.repairArgs);
    expect(repair!.args.slice(0, 3)).toEqual(['', '', '']);
    expect(batch!.args.slice(6)).toEqual(['S', 'k1', 'v']);
  });

  it('corrections go again in their order', async () => {
    const parts = setup();
    await open(parts);
    for (const batch of [correction(1), correction(2)]) parts.lane.send(batch);
    for (const call of parts.waiting()) call.answer(lostAnswer);
    await parts.timers.advance(2000);
    const claim = parts.target.calls.at(-1)!;
    claim.answer('ok:0');
    await settle();
    parts.see(claim);
    expect(parts.target.calls.slice(-2).map(({ args }) => args[7])).toEqual(['k1', 'k2']);
  });

  it('another process’ marker belongs to no batch', async () => {
    const parts = setup();
    await open(parts);
    parts.lane.send(remote(1));
    const theirs = { ...parts.own(parts.target.calls.at(-1)), instance: 'two' };
    expect(parts.lane.seen(theirs)).toBeUndefined();
    expect(parts.lane.inFlight).toBe(1);
  });

  it('sends nothing once closed, whatever is answered late', async () => {
    const parts = setup();
    await open(parts);
    parts.lane.send(remote(1));
    parts.lane.close();
    parts.target.calls.at(-1)!.answer(lostAnswer);
    await parts.timers.advance(60_000);
    expect([parts.target.calls.length, parts.target.reads, parts.timers.waiting]).toEqual([2, 1, 0]);
  });

  it('what data refused stays an alarm: the sites may differ until somebody looks', async () => {
    const parts = setup();
    await open(parts);
    parts.lane.send(remote(1));
    parts.target.calls.at(-1)!.answer('ok:3');
    await settle();
    parts.lane.send(remote(2));
    parts.target.calls.at(-1)!.answer('ok:0');
    await settle();
    expect(parts.alarm()).toBe('apply-refused');
  });
});
