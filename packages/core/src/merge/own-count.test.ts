import { expect, test } from 'vitest';
import { fromByteString } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import { kinds } from './cell-value.ts';
import { sumOf } from './counting.ts';
import { Model } from './model.ts';
import { ownCount } from './own-count.ts';

const at = { db: 0, index: 0, key: 'k' } as const;
const stamp = (time: number) => ({ time, priority: 2, origin: 'b/main/1' });
const set: Op = { type: 'assign', ...at, value: fromByteString('5'), expiry: 500 };
const ended: Op = { type: 'end', ...at, covers: [[1, 1]], expires: true, at: 500 };

/** What an increment here stands on, after what another site has written, one after the other. */
function base(ops: readonly Op[], cut: number): unknown {
  const model = new Model(0, 1);
  ops.forEach((op, n) => {
    model.merge(op, stamp(n + 1));
  });
  model.forget(cut);
  const op = ownCount(model, { ...at, cell: 'string', field: '', by: 1n }, 'a/main/1');
  return op.type === 'count' && op.base;
}

test('an increment stands on what was written, or on the end that has taken it away', () => {
  expect(base([set, ended, set], 0)).toEqual({ exact: { time: 3, priority: 2, index: 1 } });
  expect(base([set, ended], 0)).toEqual({ exact: { time: 2, priority: 2, index: 0 } });
});

test('an increment on what everybody has stands on no end that is older, though that is still remembered', () => {
  expect(base([set, ended, set], 3)).toEqual({ stable: 3 });
  expect(base([set, ended], 2)).toEqual({ stable: 2 });
});

test('an increment on an end counts also where a renewal makes that void, in whichever order they come', () => {
  const renewed: Op = { type: 'expire', ...at, at: 900 };
  const added: Op = {
    ...{ type: 'count', ...at, cell: 'string', field: '', sum: 3n, by: 3n, previous: 0 },
    base: { exact: { time: 10, priority: 2, index: 0 } },
  };
  const writes = [
    [ended, { time: 10, priority: 2, origin: 'b/main/1' }],
    [added, { time: 11, priority: 2, origin: 'b/main/1' }],
    [renewed, { time: 20, priority: 1, origin: 'a/main/1' }],
  ] as const;
  for (const order of [writes, writes.toReversed()]) {
    const model = new Model(0, 3);
    for (const [op, by] of order) model.merge(op, by);
    const state = model.find(0, 'k')!;
    expect(sumOf(state, kinds.string, state.string!, 0)).toBe(3n);
  }
});
