import { Model, type Op, type Stamp, type Version } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { ReplayedWants } from './replayed-wants.ts';

const ours = (time: number): Stamp => ({ time, priority: 1, origin: 'a/main/1' });
const theirs = (time: number): Stamp => ({ time, priority: 2, origin: 'b/main/1' });
const version: Version = { time: 50, priority: 2, index: 3 };
const at = { db: 0, index: 0, key: 'k' };
const want: Op = { ...at, type: 'want', version };
const content = { kind: 'string', value: new Uint8Array([118]) } as const;

/** What is wanted after our own want and then this. */
function wantedAfter(...ops: readonly (readonly [Op, Stamp])[]): Version | undefined {
  const model = new Model(0, 1);
  const wants = new ReplayedWants();
  wants.take(want, ours(60), true);
  for (const [op, stamp] of ops) {
    wants.take(op, stamp, stamp.priority === 1);
    model.merge(op, stamp);
  }
  wants.reopen(model);
  const state = model.find(0, 'k');
  expect(state !== undefined && model.wanting.has(state)).toBe(state?.wanted !== undefined);
  return state?.wanted;
}

describe('a key that an earlier process has asked for', () => {
  it('is wanted still where nobody has answered', () => {
    expect(wantedAfter()).toEqual(version);
    expect(wantedAfter([{ ...at, type: 'expire', at: 9_000_000 }, theirs(70)])).toEqual(version);
    expect(wantedAfter([{ ...at, type: 'delete' }, theirs(40)])).toEqual(version);
    expect(wantedAfter([{ ...at, key: 'other', type: 'delete' }, theirs(70)])).toEqual(version);
  });

  it.each<Op>([
    { ...at, type: 'refill', content, expiry: null, cut: 30 },
    { ...at, type: 'state', content, expiry: null, covers: [] },
    { ...at, type: 'delete' },
    { ...at, type: 'assign', value: content.value, expiry: null },
  ])('is not where it was answered, or overwritten: $type', (op) => {
    expect(wantedAfter([op, theirs(70)])).toBeUndefined();
  });

  it('is not where its database was flushed', () => {
    const model = new Model(0, 1);
    const wants = new ReplayedWants();
    wants.take(want, ours(60), true);
    model.merge({ ...at, type: 'member', member: 'm', present: true }, theirs(55));
    model.flush({ type: 'flush', db: 0, index: 0, key: '' }, theirs(70));
    wants.reopen(model);
    expect(model.find(0, 'k')?.wanted).toBeUndefined();
  });

  it('is not where ours has only said that it cannot tell it', () => {
    const model = new Model(0, 1);
    const wants = new ReplayedWants();
    wants.take({ ...at, type: 'want', version, untold: true }, ours(60), true);
    wants.reopen(model);
    expect(model.find(0, 'k')).toBeUndefined();
  });

  it('is not where another site has asked', () => {
    const model = new Model(0, 1);
    const wants = new ReplayedWants();
    wants.take(want, theirs(60), false);
    wants.reopen(model);
    expect(model.find(0, 'k')).toBeUndefined();
  });
});
