import { expect, test } from 'vitest';
import { fromByteString } from '../bytes/byte-string.ts';
import type { KeyContent, Op } from '../entry/entry.ts';
import { Model } from '../merge/model.ts';
import { decideOp } from './decide-op.ts';
import { Effects } from './effects.ts';

const at = { db: 0, index: 0, key: 'k' } as const;
const stamp = (time: number, priority: number) => ({ time, priority, origin: `${priority}/main/1` });
const score = (member: string): Op => ({ type: 'score', ...at, member, score: 1 });
const pop = (base: number): Op => ({
  ...{ type: 'guarded', ...at, kind: 'zset', args: ['ZPOPMIN', 'k', '1'].map(fromByteString), adds: false },
  base: { exact: { time: base, priority: 2, index: 0 } },
});
const members: KeyContent = {
  kind: 'zset',
  members: [
    ['m', 1],
    ['n', 0],
  ],
};

/** What a site does about what another tells of a key, after what it has written itself. */
function decided(before: readonly (readonly [Op, number])[], told: Op): unknown[] {
  const model = new Model(0, 2);
  for (const [op, time] of before) model.mergeLocal(op, stamp(time, 2));
  const effects = new Effects();
  decideOp(model, told, stamp(5, 1), effects);
  return effects.args;
}

test.each([
  ['a state', { type: 'state', ...at, content: members, expiry: null, covers: null }],
  ['a state that says what it includes', { type: 'state', ...at, content: members, expiry: null, covers: [[2, 3]] }],
] as const)('a pop has not taken what %s brings later', (_what, told) => {
  const written = ['X', 'k', 'Z', 'k', '1', 'm', 'Z', 'k', '0', 'n'];
  expect(
    decided(
      [
        [score('m'), 1],
        [pop(1), 10],
      ],
      told,
    ),
  ).toEqual(written);
  expect(
    decided(
      [
        [score('x'), 7],
        [pop(7), 10],
      ],
      told,
    ),
    'what was there it may have taken',
  ).toEqual(['B', 'k', '1', 'x', 'X', 'k', 'U', ...written.slice(2)]);
});

test('what was added to a key that was asked for is there beside what comes', () => {
  const model = new Model(0, 2);
  const added: Op = {
    ...{ type: 'count', ...at, cell: 'hash', field: 'n', sum: 47n, by: 47n, previous: 0 },
    base: { stable: 0 },
  };
  model.mergeLocal(added, stamp(10, 2)).wanted = { time: 3, priority: 1, index: 0 };
  const content: KeyContent = { kind: 'hash', fields: [['f', fromByteString('v'), null]] };
  const effects = new Effects();
  decideOp(model, { type: 'refill', ...at, content, expiry: null, cut: 0 }, stamp(12, 1), effects);
  const [v, n] = ['v', '47'].map(fromByteString);
  expect(effects.args).toEqual(['X', 'k', 'H', 'k', 'n', n, 'H', 'k', 'f', v]);
});
