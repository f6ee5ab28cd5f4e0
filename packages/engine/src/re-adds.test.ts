import { decideOp, Effects, fromByteString, type KeyState, type Op, type Stamp, toByteString } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { ownOrigin, peerOrigin, peerTime } from '../test-support/entries.ts';
import { partShard } from '../test-support/part-shard.ts';
import { Corrections } from './corrections.ts';
import { ReAdds } from './re-adds.ts';

const at = { db: 0, index: 0, key: 'l' } as const;
const push = (element: string): Op => ({
  ...{ ...at, type: 'guarded', kind: 'list', base: null, adds: true },
  args: ['RPUSH', 'l', element].map((arg) => fromByteString(arg)),
});
const pop: Op = {
  ...at,
  type: 'guarded',
  kind: 'list',
  base: { stable: 0 },
  args: [fromByteString('LPOP')],
  adds: false,
};
/** What the other site holds, which had seen nothing of ours. */
const state: Op = { ...at, type: 'state', content: { kind: 'list', elements: [] }, expiry: null, covers: [[1, 0]] };
const want: Op = { ...at, type: 'want', version: { time: 1, priority: 2, index: 0 } };

/** A list to which this site pushes, while calls of ours bring it what another site tells. */
function setup() {
  const { shard } = partShard();
  const corrections = new Corrections([], (db, key) => shard.model.obtain(db, key));
  const reAdds = new ReAdds(shard, corrections);
  const list = shard.model.obtain(0, 'l');
  const added: string[][] = [];
  let ms = 0;
  const stamp = (priority: number): Stamp => {
    return { time: peerTime(++ms), priority, origin: priority === 1 ? ownOrigin : peerOrigin };
  };
  return {
    list,
    added,
    corrections,
    pushed: (element: string) => shard.model.mergeLocal(push(element), stamp(1)),
    /** Sends a call with an op of the other site. Returns what sees it, and what it adds again. */
    call: (op: Op): (() => void) => {
      const number = shard.nextCall();
      decideOp(shard.model, op, stamp(2), new Effects());
      list.inFlight++;
      return () => {
        list.inFlight--;
        reAdds.ofKeys([list], number, []);
        const { adds = [] } = list;
        added.push(adds.filter(({ returning }) => returning).map(elementOf));
      };
    },
    returned: (correction: number) => reAdds.seen(corrections.seen(correction)),
  };
}

function elementOf({ args }: NonNullable<KeyState['adds']>[number]): string {
  return toByteString(args.at(-1)!);
}

describe('ReAdds', () => {
  it('add again what the call has taken that was seen, not what was added after it', () => {
    const { call, pushed, added } = setup();
    pushed('before');
    const takes = call(state);
    pushed('meanwhile');
    const takesNothing = call(want);
    takes();
    pushed('after');
    takesNothing();
    expect(added).toEqual([
      ['before', 'meanwhile'],
      ['before', 'meanwhile'],
    ]);
  });

  it('are decided with the call that has taken it, and not again with the next', () => {
    const { call, pushed, added } = setup();
    pushed('one');
    const [first, second] = [call(state), call(state)];
    first();
    pushed('two');
    second();
    expect(added).toEqual([['one'], ['one', 'two']]);
  });

  it('leave to a later call on its way what that brings', () => {
    const { call, pushed, added } = setup();
    pushed('one');
    const [first, second] = [call(state), call({ ...state, covers: [[1, peerTime(1)]] })];
    pushed('two');
    first();
    second();
    expect(added).toEqual([['two'], ['two']]);
  });

  it('take for endangered what was added before the call with a pop was seen, not what was added after it', () => {
    const { list, call, pushed } = setup();
    const pops = call(pop);
    pushed('meanwhile');
    const takesNothing = call(want);
    pops();
    pushed('after');
    takesNothing();
    expect(list.adds!.filter(({ endangered }) => endangered).map(elementOf)).toEqual(['meanwhile']);
  });

  it('take back what one correction adds again when that is seen, and not before', () => {
    const { list, call, pushed, returned, corrections } = setup();
    pushed('one');
    call(state)();
    pushed('two');
    call(state)();
    expect(corrections.outstanding).toBe(2);
    returned(1);
    expect(list.adds!.map((add) => [elementOf(add), add.returning])).toEqual([
      ['one', false],
      ['two', true],
    ]);
  });
});
