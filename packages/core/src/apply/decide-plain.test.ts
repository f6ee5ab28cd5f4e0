/** Assignments that are decided at once come to the same as by all the rules. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromByteString } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import type { KeyState } from '../merge/key-state.ts';
import { Model } from '../merge/model.ts';
import { decideOp } from './decide-op.ts';
import { Effects } from './effects.ts';

const own = 2;
const op = { db: 0, index: 0, key: 'k' };
const value = fc.constantFrom('5', 'x').map(fromByteString);
const expiry = fc.constantFrom<number | null | 'keep'>(null, null, 5_000, 'keep');
const time = fc.integer({ min: 1, max: 30 });
/** Of the cut, or of an assignment of the other site that may be yet to come. */
const base = fc.oneof(
  fc.nat({ max: 40 }).map((stable) => ({ stable })),
  time.map((at) => ({ exact: { time: at * 2, priority: 1, index: 1 } })),
);
const anyOp: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({ value, expiry, db: fc.nat({ max: 1 }) })
      .map((given): Op => ({ ...op, type: 'assign', ...given })),
  },
  fc.constant<Op>({ ...op, type: 'delete' }),
  time.map((at): Op => {
    return {
      ...op,
      type: 'refill',
      cut: at * 2,
      expiry: null,
      content: { kind: 'string', value: fromByteString('5') },
    };
  }),
  fc.constantFrom(null, 9_000).map((at): Op => ({ ...op, type: 'expire', at })),
  value.map((given): Op => ({ ...op, type: 'field', field: 'f', value: given })),
  base.map((on): Op => {
    return { ...op, type: 'count', cell: 'string', field: '', base: on, sum: 3n, by: 3n, previous: 0 };
  }),
  time.map((at): Op => {
    return { ...op, type: 'end', covers: [1, own].map((site) => [site, at * 2] as const), expires: false };
  }),
);
const step = fc.record({
  op: anyOp,
  time: fc.integer({ min: 1, max: 60 }),
  isOurs: fc.boolean(),
  cut: fc.nat({ max: 9 }),
});

function site(isSlow: boolean) {
  const model = new Model(0, own);
  let cut = 0;
  return {
    model,
    /** One op is decided, or merged when it is ours; then the cut moves. */
    take({ op: taken, time, isOurs, cut: moved }: { op: Op; time: number; isOurs: boolean; cut: number }): unknown {
      const state = model.obtain(taken.db, taken.key);
      // It says nothing of what is decided here, and the key is not a plain one any more.
      if (isSlow) state.shrunk = true;
      model.call++;
      const effects = new Effects(true);
      const stamp = {
        time: time * 2 + (isOurs ? 1 : 0),
        priority: isOurs ? own : 1,
        origin: isOurs ? 'b/m/1' : 'a/m/1',
      };
      let told: unknown;
      if (isOurs) model.mergeLocal(taken, stamp);
      else {
        const { state: _, ...decided } = decideOp(model, taken, stamp, effects);
        told = [decided, effects.args, effects.count, effects.bytes, effects.grows];
      }
      cut += moved;
      if (moved === 9) model.forget(cut);
      return [told, rememberedOf(state)];
    },
  };
}

/** All of it but what differs because one key is not plain. */
function rememberedOf(state: KeyState): unknown {
  const { rare: _rare, weight: _weight, ...rest } = state;
  return [rest, state.ends, state.wanted, state.wipedCovers];
}

it('is the same, and leaves the same', () => {
  let plain = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const [fast, slow] = [site(false), site(true)];
      for (const one of steps) {
        expect(fast.take(one)).toEqual(slow.take(one));
        if (fast.model.find(0, 'k')?.isCommon === true) plain++;
      }
    }),
    { numRuns: 2000 },
  );
  expect(plain).toBeGreaterThan(500);
});

it('nothing is decided at once that a deletion covers', () => {
  const model = new Model(0, own);
  const stamp = { time: 9, priority: own, origin: 'b/m/1' };
  model.mergeLocal({ ...op, type: 'end', covers: [[1, 5]], expires: false }, stamp);
  const effects = new Effects();
  const assign: Op = { ...op, type: 'assign', value: fromByteString('5'), expiry: null };
  const { outcome } = decideOp(model, assign, { time: 5, priority: 1, origin: 'a/m/1' }, effects);
  expect([outcome, effects.args]).toEqual(['string/remote-lost', ['X', 'k']]);
});
