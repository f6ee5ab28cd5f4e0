import { describe, expect, it } from 'vitest';
import { decideOp } from '../apply/decide-op.ts';
import { Effects } from '../apply/effects.ts';
import { unixOfTime } from '../clock/hybrid-clock.ts';
import type { Op } from '../entry/entry.ts';
import { expiredAt, expiryOf, expirySeen } from './ends.ts';
import { Model } from './model.ts';

const at = { db: 0, index: 0, key: 'k' } as const;
const expire = (time: number): Op => ({ type: 'expire', ...at, at: time });
const expired = (seen: number): Op => ({ type: 'end', ...at, covers: [[2, seen]], expires: true });
const member = (name: string, present = true): Op => ({ type: 'member', ...at, member: name, present });

/** Ops of sites 1 and 2, by time. */
function after(...steps: readonly (readonly [number, 1 | 2, Op])[]) {
  const model = new Model();
  for (const [time, priority, op] of steps) model.merge(op, { time, priority, origin: `${priority}/main/1` });
  return model.obtain(0, 'k');
}

describe('when a key expired, as its site tells', () => {
  it('is what its register said, or the time of the end where that is forgotten', () => {
    expect(expiredAt(after([1, 1, member('m')], [2, 1, expire(500)], [3, 1, expired(0)]), 1)).toBe(500);
    expect(expiredAt(after([4096, 1, expired(0)]), 1)).toBe(unixOfTime(4096));
  });

  it.each<[string, readonly [number, 1 | 2, Op][]]>([
    ['it never did', [[1, 1, member('m')]]],
    ['another site says so', [[1, 2, expired(0)]]],
    [
      'it was made again, to expire at another time, and emptied',
      [
        [1, 1, expired(0)],
        [2, 1, member('m')],
        [3, 1, expire(900)],
        [4, 1, member('m', false)],
      ],
    ],
    [
      'it was deleted afterwards',
      [
        [1, 1, expired(0)],
        [2, 1, { type: 'delete', ...at }],
      ],
    ],
  ])('is nothing when %s', (_name, steps) => {
    expect(expiredAt(after(...steps), 1)).toBeNull();
  });
});

describe('when a key expired, as whichever site tells', () => {
  it('is what its register said, what the end says, or the time of that', () => {
    expect(expiredAt(after([2, 1, expire(500)], [3, 2, expired(0)]))).toBeNull();
    expect(expiredAt(after([2, 2, expire(500)], [3, 2, expired(0)]))).toBe(500);
    expect(expiredAt(after([2, 1, member('m')], [3, 2, { ...expired(0), at: 700 } as Op]))).toBe(700);
    expect(expiredAt(after([4096, 2, expired(0)]))).toBe(unixOfTime(4096));
  });

  it('is nothing when it was made again', () => {
    expect(expiredAt(after([3, 2, expired(0)], [4, 1, member('m')]))).toBeNull();
  });
});

describe('when a key was to expire that has, as its site had seen it', () => {
  const dueOf = (seen: number, ...steps: readonly (readonly [number, 1 | 2, Op])[]) =>
    expirySeen(after(...steps), 1, [[2, seen]]);

  it('is not the renewal that it had not seen', () => {
    const steps = [
      [1, 1, expire(500)],
      [20, 2, expire(9000)],
    ] as const;
    expect(dueOf(10, ...steps)).toBe(500);
    expect(dueOf(20, ...steps)).toBe(9000);
    expect(dueOf(10, steps[1])).toBeNull();
  });
});

describe('the expiry of a key that one site deleted and another had set anew', () => {
  const deleted = (seen: number): Op => ({ type: 'end', ...at, covers: [[2, seen]], expires: false });

  it('is the newest that the deletion had not seen, in any order', () => {
    const steps: [number, 1 | 2, Op][] = [
      [10, 2, expire(700)],
      [11, 1, expire(500)],
      [12, 1, deleted(9)],
    ];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
      [0, 2, 1],
    ])
      expect(expiryOf(after(...order.map((i) => steps[i]!)))).toBe(700);
  });

  it('is none where the deletion had seen all', () => {
    expect(expiryOf(after([10, 2, expire(700)], [11, 1, expire(500)], [12, 1, deleted(10)]))).toBeNull();
  });

  it('is none where that was before the key was overwritten', () => {
    const overwritten: Op = { type: 'assign', ...at, value: Uint8Array.of(1), expiry: null };
    expect(expiryOf(after([9, 2, expire(700)], [10, 1, overwritten], [12, 1, deleted(8)]))).toBeNull();
  });
});

describe('when a key expires whose register is forgotten, and that has expired elsewhere', () => {
  const until = (seen: number, when?: number): Op => ({
    ...{ type: 'end', ...at, covers: [[1, seen]], expires: true },
    ...(when !== undefined && { at: when }),
  });
  const anew = (seen: number): Op => ({ type: 'end', ...at, covers: [[2, seen]], expires: false });

  it('is when it was to expire there, or when it did: what its site had not seen was added to that key', () => {
    expect(expiryOf(after([2, 1, member('m')], [3, 2, until(1, 500)]))).toBe(500);
    expect(expiryOf(after([4096, 1, member('m')], [8192, 2, until(1)]))).toBe(unixOfTime(8192));
  });

  it.each<[string, readonly [number, 1 | 2, Op][]]>([
    [
      'its writer knew, and has made it anew',
      [
        [2, 2, until(1, 500)],
        [3, 1, anew(2)],
        [4, 1, member('m')],
      ],
    ],
    [
      'its writer did not know, and has made it anew, as it had expired there as well',
      [
        [2, 1, { ...expired(0), at: 500 } as Op],
        [3, 1, anew(0)],
        [4, 1, member('m')],
        [5, 2, until(1, 500)],
      ],
    ],
    ['it never expired', [[2, 1, member('m')]]],
  ])('is never, where %s', (_title, steps) => {
    expect(expiryOf(after(...steps))).toBeNull();
  });

  it('is what a register says that the end had not seen, and that is remembered as long as the end', () => {
    const model = new Model();
    const merge = (time: number, priority: number, op: Op) =>
      model.merge(op, { time, priority, origin: `${priority}/main/1` });
    merge(10, 1, { type: 'assign', ...at, value: new Uint8Array(), expiry: null });
    merge(20, 2, until(1, 500));
    model.forget(15);
    expect(expiryOf(model.obtain(0, 'k'))).toBeNull();
  });

  it('is taken from no expiry that is over: a key that its writer made when it had forgotten the end', () => {
    const told = (cut: number) => {
      const model = new Model();
      model.merge(until(1, 500), { time: 10, priority: 2, origin: '2/main/1' });
      const effects = new Effects();
      decideOp(model, member('m'), { time: 20, priority: 1, origin: '1/main/1', cut }, effects);
      return effects.args;
    };
    expect(told(10)).toEqual(['A', 'k', 'm']);
    expect(told(9)).toEqual(['A', 'k', 'm', 'E', 'k', '500']);
  });
});

it('an add gets no expiry that its writer had forgotten: it may have emptied the key, and made it anew', () => {
  const told = (cut: number) => {
    const model = new Model();
    model.merge(expire(500), { time: 10, priority: 1, origin: '1/main/1' });
    const effects = new Effects();
    decideOp(model, member('m'), { time: 20, priority: 1, origin: '1/main/1', cut }, effects);
    return effects.args;
  };
  expect(told(10)).toEqual(['A', 'k', 'm']);
  expect(told(9)).toEqual(['A', 'k', 'm', 'E', 'k', '500']);
});

it('what is left of a key that expires after its writer had forgotten an end before expires with it', () => {
  const model = new Model();
  const merge = (time: number, op: Op) => model.merge(op, { time, priority: 2, origin: '2/main/1' });
  const until = (due: number): Op => ({ type: 'end', ...at, covers: [[1, 0]], expires: true, at: due });
  merge(10, until(500));
  const added = { time: 20, priority: 1, origin: '1/main/1', cut: 15 };
  decideOp(model, member('m'), added, new Effects());
  const state = model.obtain(0, 'k');
  expect(expiryOf(state)).toBeNull();
  merge(30, until(900));
  expect(expiryOf(state)).toBe(900);
});
