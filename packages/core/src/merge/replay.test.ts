/** What a key is that is read back from the log. */
import { describe, expect, it } from 'vitest';
import type { Op } from '../entry/entry.ts';
import { Model } from './model.ts';

const at = { db: 0, index: 0, key: 'k' } as const;
const member = (name: string, present = true): Op => ({ type: 'member', ...at, member: name, present });
const ended = (priority: 1 | 2, seen: number): Op => ({
  ...{ type: 'end', ...at, covers: [[priority, seen]], expires: true },
});

type Step = readonly [time: number, priority: 1 | 2, op: Op];

/** Whether Redis of site 1 is known to hold it no more, after a restart with an earlier cut. */
function isGone(steps: readonly Step[], cut = 0): boolean {
  const model = new Model(cut, 1);
  for (const [time, priority, op] of steps) model.replay(op, { time, priority, origin: `${priority}/main/1` });
  model.forget(100);
  return model.find(0, 'k')?.gone === true;
}

describe('a key that is read back from the log', () => {
  const end: Step = [120, 1, ended(2, 90)];

  it('is gone where it has expired here last, also once the cut is beyond what was seen by then', () => {
    expect(isGone([[80, 1, member('m')], [85, 2, member('n')], end])).toBe(true);
  });

  it('likewise where it has expired elsewhere', () => {
    expect(
      isGone([
        [80, 1, member('m')],
        [85, 2, member('n')],
        [120, 2, ended(1, 90)],
      ]),
    ).toBe(true);
  });

  it.each<[string, readonly Step[], number?]>([
    ['something was added here later', [end, [130, 1, member('m')]]],
    ['something was added elsewhere, unseen', [[95, 2, member('m')], end]],
    ['that is read later', [end, [95, 2, member('m')]]],
    ['that may be forgotten', [end], 99],
  ])('is not where %s', (_what, steps, cut) => {
    expect(isGone(steps, cut)).toBe(false);
  });
});

describe('a state that this site has told', () => {
  const told: Op = {
    ...{
      type: 'state',
      ...at,
      content: { kind: 'list', elements: [Uint8Array.of(1)] },
      expiry: null,
      covers: [[2, 60]],
    },
  };
  const lacks = (...steps: readonly Step[]): (readonly [number, number])[] => {
    const model = new Model(0, 1);
    for (const [time, priority, op] of steps) model.replay(op, { time, priority, origin: `${priority}/main/1` });
    return [...(model.find(0, 'k')?.missed ?? [])];
  };

  it('lacks nothing where nobody else had written to the key', () => {
    expect(lacks([50, 1, member('m')], [100, 1, told])).toEqual([]);
  });

  it('may lack what another site had written, and came after it', () => {
    expect(lacks([70, 2, member('m')], [100, 1, told])).toEqual([[2, 60]]);
  });
});
