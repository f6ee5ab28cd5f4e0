import { describe, expect, it } from 'vitest';
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
