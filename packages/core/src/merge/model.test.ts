import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromByteString } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import { kinds } from './cell-value.ts';
import { Model } from './model.ts';
import { contentOf } from './read-key.ts';

/** A bucket of the forgetting queue: 64 ms of time. */
const bucket = 64 * 4096;
const origin = 'a/main/1';

const field = (key: string, name: string, value: number | null): Op => ({
  ...{ type: 'field', db: 0, index: 0, key, field: name },
  value: value === null ? null : Uint8Array.of(0x30 + value),
});
const merge = (model: Model, time: number, op: Op, from = origin) =>
  model.merge(op, { time, priority: 1, origin: from });
const count = (time: number, sum: bigint, by: bigint, previous: number, base: number): [number, Op] => [
  time,
  {
    ...{ type: 'count', db: 0, index: 0, key: 'k', cell: 'string', field: '', sum, by, previous },
    base: { exact: { time: base, priority: 1, index: 1 } },
  },
];

it('what a root kills of a sketch is dropped with it', () => {
  const model = new Model();
  const sketch = (element: string): Op => ({ type: 'sketch', db: 0, index: 0, key: 'k', element });
  merge(model, 1, sketch('a'));
  merge(model, 3, sketch('c'));
  merge(model, 2, { type: 'delete', db: 0, index: 0, key: 'k' });
  expect([...model.find(0, 'k')!.layers!.keys()]).toEqual(['sc']);
  merge(model, 4, { type: 'delete', db: 0, index: 0, key: 'k' });
  expect(model.find(0, 'k')!.layers).toBeUndefined();
});

it('has asked for what a flush shows to be missing', () => {
  const model = new Model(0, 1);
  const at = { db: 0, index: 0, key: 'k' } as const;
  const pushed: Op = {
    ...{ type: 'guarded', ...at, kind: 'list', base: { stable: 0 }, adds: true },
    args: ['LPUSH', 'k', 'x'].map(fromByteString),
  };
  model.merge(pushed, { time: 5, priority: 3, origin: 'c/main/1' });
  // A list deleted as it was seen here: what had not been seen of site 2 is missing from then on.
  const end: Op = { type: 'end', ...at, expires: false, covers: [[2, 20]] };
  model.mergeLocal(end, { time: 30, priority: 1, origin });
  model.flush({ type: 'flush', ...at, key: '' }, { time: 10, priority: 2, origin: 'b/main/1' });
  const state = model.find(0, 'k')!;
  expect(state.wanted).toEqual({ time: 21, priority: 2, index: 0 });
  expect(model.wanting.has(state)).toBe(true);
});

it('remembers after a restart that a removal of ours may have emptied a key with an expiry', () => {
  const shrunk = (...ops: readonly Op[]): boolean => {
    const model = new Model(0, 1);
    ops.forEach((op, n) => {
      model.replay(op, { time: n + 1, priority: 1, origin: '1/main/1' });
    });
    return model.obtain(0, 'k').shrunk;
  };
  const at = { db: 0, index: 0, key: 'k' } as const;
  const expire: Op = { ...at, type: 'expire', at: 500 };
  const member = (present: boolean): Op => ({ ...at, type: 'member', member: 'm', present });
  expect(shrunk(member(true), expire, member(false))).toBe(true);
  expect(shrunk(member(true), expire, member(false), expire)).toBe(false);
  expect(shrunk(member(true), member(false))).toBe(false);
  expect(shrunk(member(true), expire)).toBe(false);
});

it('remembers after a restart that a key is gone, once what it was is forgotten and its end covers less', () => {
  const at = { db: 0, index: 0, key: 'k' } as const;
  const end: Op = { ...at, type: 'end', covers: [[2, 10]], expires: true, at: 500 };
  const gone = (...later: readonly [Op, number][]): boolean => {
    const model = new Model(0, 1);
    model.replay(field('k', 'f', 1), { time: 5, priority: 2, origin: '2/main/1' });
    model.replay(end, { time: 4 * bucket, priority: 1, origin });
    for (const [op, time] of later) model.replay(op, { time, priority: 2, origin: '2/main/1' });
    model.forget(2 * bucket);
    return model.find(0, 'k')!.gone;
  };
  expect(gone()).toBe(true);
  expect(gone([field('k', 'g', null), 3 * bucket])).toBe(true);
  expect(gone([field('k', 'g', 2), 3 * bucket]), 'what was not seen lives').toBe(false);
  expect(gone([field('k', 'g', 2), 5 * bucket]), 'it is there again').toBe(false);
});

describe('forgetting', () => {
  it('takes a key when the cut has passed the bucket of its newest write', () => {
    const model = new Model();
    merge(model, 5, field('k', 'f', 1));
    model.forget(bucket - 1);
    expect(model.keys).toBe(1);
    model.forget(bucket);
    expect(model.keys).toBe(0);
    expect(model.find(0, 'k')).toBeUndefined();
  });

  it('keeps a key that was written to later, without what is old of it', () => {
    const model = new Model();
    merge(model, 5, field('k', 'old', 1));
    merge(model, 2 * bucket, field('k', 'new', 2));
    model.forget(bucket);
    const state = model.find(0, 'k')!;
    expect(model.keys).toBe(1);
    expect([...state.elements![kinds.hash]!.keys()]).toEqual(['new']);
    expect(contentOf(state, kinds.hash, 'old', model.cut)).toBeUndefined();
    expect(contentOf(state, kinds.hash, 'new', model.cut)).toEqual({ type: 'value', value: Uint8Array.of(0x32) });
    model.forget(3 * bucket);
    expect(model.keys).toBe(0);
  });

  describe('what commands of ours have added to a list', () => {
    const bytes = (...words: string[]): Uint8Array[] => words.map((word) => fromByteString(word));
    const push = (element: string): Op => ({
      ...{ type: 'guarded', db: 0, index: 0, key: 'k', kind: 'list', base: { stable: 0 }, adds: true },
      args: bytes('RPUSH', 'k', element),
    });
    const after = (kept: number, ...others: readonly Op[]) => {
      const model = new Model(0, 1);
      merge(model, 5, push('ours'));
      for (const op of others) model.merge(op, { time: 4, priority: 2, origin: 'b/main/1' });
      model.forget(2 * bucket, kept);
      return model.find(0, 'k')?.adds?.length ?? 0;
    };

    it('is forgotten with the cut where no other site has touched it', () => {
      expect(after(0)).toBe(0);
    });

    // A site that ran none of our commands may yet tell what it holds, without what they added.
    it('is remembered for a while longer where one has', () => {
      expect(after(0, push('theirs'))).toBe(1);
      expect(after(2 * bucket, push('theirs'))).toBe(0);
    });
  });

  it('does not go back', () => {
    const model = new Model(7);
    model.forget(3);
    expect(model.cut).toBe(7);
    model.forget(9);
    expect(model.cut).toBe(9);
  });

  it('takes a key that came back under the same name for another', () => {
    const model = new Model();
    merge(model, 5, field('k', 'f', 1));
    model.forget(bucket);
    merge(model, bucket + 5, field('k', 'g', 1));
    model.forget(bucket + 4);
    expect(model.keys).toBe(1);
    model.forget(2 * bucket);
    expect(model.keys).toBe(0);
  });

  it('knows a value only while it knows all that it is made of', () => {
    const model = new Model();
    merge(model, 5, { type: 'assign', db: 0, index: 0, key: 'k', value: Uint8Array.of(0x35), expiry: null });
    merge(model, ...count(6, 3n, 3n, 0, 5), 'b/main/1');
    merge(model, ...count(3 * bucket, 1n, 1n, 0, 5), 'c/main/1');
    const content = () => contentOf(model.find(0, 'k')!, kinds.string, '', model.cut);
    expect(content()).toEqual({ type: 'value', value: Uint8Array.of(0x39) });
    model.forget(bucket); // 5 + 3 is stable, and part of the base
    expect(content()).toEqual({ type: 'added', sum: 1n });
  });

  it('keeps no more keys than were written since the cut, and none when it has passed everything', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      db: fc.constantFrom(0, 1),
      wait: fc.constantFrom(1, bucket / 2, bucket, 3 * bucket),
      forget: fc.option(fc.constantFrom(0, 1, bucket, 4 * bucket), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const model = new Model();
        const newest = new Map<string, number>();
        let now = 1;
        for (const { key, db, wait, forget } of steps) {
          now += wait;
          merge(model, now, { ...field(key, 'f', 1), db });
          newest.set(`${db} ${key}`, now);
          if (forget !== undefined) model.forget(Math.max(0, now - 1 - forget));
          const whole = Math.floor(model.cut / bucket) * bucket;
          for (const [id, time] of newest) {
            const known = model.find(Number(id[0]), id.slice(2)) !== undefined;
            if (time > model.cut) expect(known).toBe(true);
            if (time < whole) expect(known).toBe(false);
          }
          expect([...model.states()]).toHaveLength(model.keys);
        }
        model.forget(now + bucket);
        expect(model.keys).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('databases', () => {
  it('are apart', () => {
    const model = new Model();
    merge(model, 5, field('k', 'f', 1));
    expect(model.find(1, 'k')).toBeUndefined();
    merge(model, 5, { ...field('k', 'f', 2), db: 1 });
    expect(model.keys).toBe(2);
  });
});
