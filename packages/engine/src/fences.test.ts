import { type Covers, fromByteString, notePush } from '@entwine/core';
import { encodeDump } from '@entwine/rdb';
import { describe, expect, it } from 'vitest';
import { ownOrigin, peerTime } from '../test-support/entries.ts';
import { partShard } from '../test-support/part-shard.ts';
import type { ApplyLane, Batch } from './apply-lane.ts';
import { Checks } from './checks.ts';
import { Corrections } from './corrections.ts';
import { Fences } from './fences.ts';

/** Fences over a lane that is open; `reply` is what a fence reads, once it has been seen. */
function setup() {
  const { shard } = partShard();
  const sent: Batch[] = [];
  const lane: Pick<ApplyLane, 'isOpen' | 'send'> = { isOpen: true, send: (batch) => sent.push(batch) };
  const fences = new Fences(shard, lane as ApplyLane, { fenceAnswered: () => {} });
  const stamp = { time: peerTime(9), priority: 1, origin: ownOrigin };
  const corrections = new Corrections([], (db, key) => shard.model.obtain(db, key));
  const checks = new Checks(shard, fences);
  let seen: Covers = [];
  return {
    fences,
    sent,
    model: shard.model,
    /** The key has expired here, where the peer was known up to 7; @param wanted - and was renewed there at that time. */
    expired: (key: string, wanted: number | undefined) => {
      const covers = [[2, peerTime(7)]] as const;
      const state = shard.model.mergeLocal({ type: 'end', db: 0, index: 0, key, covers, expires: true }, stamp);
      if (wanted !== undefined) state.wanted = { time: peerTime(wanted), priority: 2, index: 0 };
    },
    asked: (key: string) => shard.model.find(0, key)?.asked,
    wanted: (key: string) => shard.model.find(0, key)?.wanted,
    seen: (...covers: [number, number][]) => {
      seen = covers;
    },
    askMutually: (key: string) => fences.add([{ type: 'state', db: 0, key, overwrites: false, mutual: true }]),
    ask: (key: string, overwrites = false) => fences.add([{ type: 'state', db: 0, key, overwrites }]),
    reply: (...values: (Uint8Array | number | null)[]) => {
      const batch = sent.at(-1)!;
      batch.onValues!(values);
      fences.seen(batch);
      return fences.answer(stamp, () => seen, corrections, checks)!.ops;
    },
  };
}

/** What DUMP and PEXPIRETIME reply of a key that is gone. */
const gone = [null, -2] as const;

describe('Fences', () => {
  it('tell a key once that is asked for several times before it is read', () => {
    const { fences, sent, ask, asked, reply } = setup();
    ask('l');
    ask('l');
    expect(asked('l')).toBe(1);
    fences.pump();
    expect(reply(...gone)).toMatchObject([{ type: 'state', key: 'l', content: null }]);
    expect(asked('l')).toBe(0);
    fences.pump();
    expect(sent).toHaveLength(1);
  });

  it.each([
    ['nothing', undefined, 1],
    ['what the expiry had not seen', 8, 0],
    ['what has ended with it', 7, 1],
  ])('tell that a key has expired, but not while they wait for what it holds elsewhere: %s', (_what, wanted, told) => {
    const { fences, ask, asked, expired, reply } = setup();
    expired('l', wanted);
    ask('l');
    fences.pump();
    expect(reply(...gone)).toHaveLength(told);
    expect(asked('l')).toBe(0);
  });

  it('tell that a key is only told again, unless something was written that is told by that alone', () => {
    const { fences, model, ask, reply } = setup();
    const wanted = (): void => fences.add([{ type: 'state', db: 0, key: 'l', overwrites: false, again: true }]);
    const told = (): unknown => {
      fences.pump();
      return reply(...gone);
    };
    wanted();
    expect(told()).toMatchObject([{ type: 'state', key: 'l', again: true }]);
    ask('l');
    wanted();
    expect(model.find(0, 'l')?.unsaid).toBe(true);
    expect(told()).toEqual([expect.not.objectContaining({ again: true })]);
    wanted();
    expect(told()).toMatchObject([{ type: 'state', key: 'l', again: true }]);
  });

  it('tell a list whole where a call has pushed over what was moved to it, before that was read', () => {
    const { fences, model, reply, asked } = setup();
    const state = model.obtain(0, 'l');
    const moved = (): void => {
      state.movedLeft = 1;
      model.askPart(0, 'l');
      fences.add([{ type: 'moved', db: 0, key: 'l', left: true }]);
      fences.pump();
    };
    moved();
    expect(reply([fromByteString('x')] as never)).toMatchObject([{ type: 'guarded', key: 'l', adds: true }]);
    moved();
    notePush(state, 'LPUSH', 1);
    expect(reply([fromByteString('y')] as never)).toEqual([]);
    expect(asked('l')).toBe(1);
  });

  it('tell who is asked, too, that a key has expired, without what that site was asked for, and wait on', () => {
    const { fences, askMutually, expired, reply, seen, wanted } = setup();
    expired('l', 8);
    seen([2, peerTime(9)], [3, peerTime(9)]);
    askMutually('l');
    fences.pump();
    const covers = [
      [2, peerTime(8) - 1],
      [3, peerTime(9)],
    ];
    expect(reply(...gone)).toMatchObject([
      { type: 'state', key: 'l', content: null, expiry: expect.anything(), covers },
    ]);
    expect(wanted('l')).toMatchObject({ time: peerTime(8), priority: 2 });
  });

  it('tell a key to who lacks it as new as others take it for: it is not compared before they are heard up to then', () => {
    const { fences, model, reply } = setup();
    const renewed = { time: peerTime(7), priority: 1, index: 0 };
    const state = model.merge(
      { type: 'expire', db: 0, index: 0, key: 'k', at: null },
      { ...renewed, origin: ownOrigin },
    );
    fences.add([{ type: 'refill', db: 0, key: 'k', version: renewed }]);
    fences.pump();
    expect(reply(new Uint8Array(1), -1)).toMatchObject([{ type: 'refill', key: 'k' }]);
    expect(state.newest).toBe(peerTime(9));
  });

  it.each([
    [
      'it has none',
      -1,
      [
        { type: 'state', expiry: null },
        { type: 'expire', at: null },
      ],
    ],
    ['it has one, which may be it, moved', 700, [{ type: 'state', expiry: 700 }]],
  ])('tell of a key for which an expiry came when it was gone: %s', (_what, read, told) => {
    const { fences, model, ask, reply } = setup();
    const peer = { time: peerTime(7), priority: 2, origin: 'b/main/1' };
    model.merge({ type: 'expire', db: 0, index: 0, key: 'k', at: 500 }, peer);
    ask('k');
    fences.pump();
    expect(
      reply(encodeDump({ kind: 'set', members: [fromByteString('m')] }, { flavour: 'redis' }), read),
    ).toMatchObject(told);
  });

  // The connection broke when it had run: its failure is told before its marker is seen, and the lane sends it no more.
  it('repeat a fence that has failed and is seen then', () => {
    const { fences, sent, ask, reply } = setup();
    ask('l');
    fences.pump();
    const batch = sent.at(-1)!;
    batch.onValues!(undefined);
    expect(fences.isReady).toBe(false);
    fences.seen(batch);
    expect(fences.holdsStream).toBe(false);
    expect(fences.isReady).toBe(true);
    fences.answer(
      { time: peerTime(9), priority: 1, origin: ownOrigin },
      () => [],
      undefined as never,
      undefined as never,
    );
    fences.pump();
    expect(sent).toHaveLength(2);
    expect(reply(...gone)).toHaveLength(1);
  });

  it.each([
    { again: false, level: 1 },
    { again: true, level: 2 },
  ])('keep a key asked for that was asked for again while it was being read: $again', ({ again, level }) => {
    const { fences, sent, ask, asked, reply } = setup();
    ask('l');
    ask('other');
    fences.pump();
    ask('l', again);
    expect(reply(...gone, ...gone)).toHaveLength(2);
    // What is added to it now is in what will be read, and must not be told beside that.
    expect(asked('l')).toBe(level);
    expect(asked('other')).toBe(0);
    fences.pump();
    expect(sent).toHaveLength(2);
    expect(reply(...gone)).toHaveLength(1);
    expect(asked('l')).toBe(0);
  });
});
