/** What a site does not hold of a key: what others tell later settles that. */
import { expect, it } from 'vitest';
import type { Covers, Op } from '../entry/entry.ts';
import { Model } from './model.ts';

const at = { db: 0, index: 0, key: 'k' } as const;
const pop: Op = {
  ...{ type: 'guarded', ...at, kind: 'zset', base: { exact: { time: 5, priority: 1, index: 0 } } },
  ...{ args: [], adds: false },
};
const state = (covers: Covers): Op => ({
  ...{ type: 'state', ...at, content: { kind: 'zset', members: [['m', 1]] }, expiry: null, covers },
});

/** What site 3 lacks of others, once site 1 has told something. */
function missedAfter(time: number, op: Op): ReadonlyMap<number, number> | undefined {
  const model = new Model(0, 3);
  const merge = (of: Op, when: number, priority: number) =>
    model.merge(of, { time: when, priority, origin: `${priority}/main/1` });
  merge(pop, 10, 1);
  merge(pop, 20, 2);
  expect(model.find(0, 'k')?.missed).toEqual(
    new Map([
      [1, 9],
      [2, 19],
    ]),
  );
  merge(op, time, 1);
  return model.find(0, 'k')?.missed;
}

it('a state takes the place of what its site had seen, whether it was run here or not', () => {
  expect(
    missedAfter(
      30,
      state([
        [2, 25],
        [3, 0],
      ]),
    ),
  ).toEqual(new Map([[2, 25]]));
  expect(
    missedAfter(
      30,
      state([
        [2, 15],
        [3, 0],
      ]),
    ),
  ).toEqual(new Map([[2, 19]]));
});

it('so does a deletion, and no expiry: it may be void', () => {
  const end = (expires: boolean): Op => ({ type: 'end', ...at, covers: [[2, 25]], expires });
  expect(missedAfter(30, end(false))).toEqual(new Map([[2, 25]]));
  expect(missedAfter(30, end(true))?.get(1)).toBe(9);
});

it('a site that was asked for a key has answered when it has ended there since', () => {
  const end = (expires: boolean): Op => ({ type: 'end', ...at, covers: [], expires });
  const wantedAfter = (op: Op, time: number, priority: number) => {
    const model = new Model(0, 3);
    const state = model.obtain(0, 'k');
    state.wanted = { time: 10, priority: 1, index: 0 };
    model.merge(op, { time, priority, origin: `${priority}/main/1` });
    return state.wanted?.time;
  };
  expect(wantedAfter(end(true), 20, 1)).toBeUndefined();
  expect(wantedAfter(end(false), 20, 1)).toBeUndefined();
  expect(wantedAfter(end(true), 9, 1)).toBe(10);
  expect(wantedAfter(end(true), 20, 2)).toBe(10);
});
