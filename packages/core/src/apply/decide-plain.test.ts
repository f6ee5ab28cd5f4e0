/** Assignments that are decided at once come to the same as by all the rules. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Op } from '../entry/entry.ts';
import type { KeyState } from '../merge/key-state.ts';
import { Model } from '../merge/model.ts';
import { decideOp } from './decide-op.ts';
import { Effects } from './effects.ts';

const own = 2;
const op = { db: 0, index: 0, key: 'k' };
const value = fc.uint8Array({ minLength: 1, maxLength: 2 });
const expiry = fc.constantFrom<number | null | 'keep'>(null, null, 5_000, 'keep');
const base = fc.nat({ max: 40 }).map((stable) => ({ stable }));
const anyOp: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({ value, expiry, db: fc.nat({ max: 1 }) })
      .map((given): Op => ({ ...op, type: 'assign', ...given })),
  },
  fc.constant<Op>({ ...op, type: 'delete' }),
  fc.constantFrom(null, 9_000).map((at): Op => ({ ...op, type: 'expire', at })),
  value.map((given): Op => ({ ...op, type: 'field', field: 'f', value: given })),
  base.map((on): Op => {
    return { ...op, type: 'count', cell: 'string', field: '', base: on, sum: 3n, by: 3n, previous: 0 };
  }),
  fc.constant<Op>({ ...op, type: 'end', covers: [[own, 20]], expires: false }),
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
