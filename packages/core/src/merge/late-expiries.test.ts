import { describe, expect, it } from 'vitest';
import type { Expiry } from '../entry/entry.ts';
import { expiryGraceMs } from './expiry-grace.ts';
import { KeyState } from './key-state.ts';
import { LateExpiries, mostLateExpiries } from './late-expiries.ts';

const version = { time: 1, priority: 2, index: 3 };
const note = (late: LateExpiries, key: string, at: Expiry, cutMs: number): void =>
  late.note(0, key, { at, version }, false, cutMs);
const dueOf = (late: LateExpiries, key: string, db = 0): number | undefined => late.of(db, key)?.at;

describe('late expiries', () => {
  it('are remembered when they were near their time', () => {
    const late = new LateExpiries();
    for (const [key, at] of [
      ['passed', 99_000],
      ['soon', 164_000],
      ['later', 166_000],
      ['long ago', 100_000 - expiryGraceMs],
    ] as const)
      note(late, key, at, 100_000);
    note(late, 'never', 2n ** 60n, 100_000);
    note(late, 'none', null, 100_000);
    const known = ['passed', 'soon', 'later', 'long ago', 'never', 'none'].map((key) => dueOf(late, key));
    expect(known).toEqual([99_000, 164_000, undefined, undefined, undefined, undefined]);
    expect(dueOf(late, 'passed', 1)).toBeUndefined();
  });

  it('are followed by what is forgotten later', () => {
    const late = new LateExpiries();
    note(late, 'k', 100_000, 100_000);
    note(late, 'k', null, 100_001);
    expect([dueOf(late, 'k'), late.size]).toEqual([undefined, 0]);
  });

  it('go when their grace is over', () => {
    const late = new LateExpiries();
    note(late, 'a', 100_000, 100_000);
    note(late, 'b', 100_000 + expiryGraceMs, 100_000 + expiryGraceMs);
    expect([dueOf(late, 'a'), late.size]).toEqual([undefined, 1]);
  });

  it('mostLateExpiries: the oldest give way', () => {
    const late = new LateExpiries();
    for (let i = 0; i <= mostLateExpiries; i++) note(late, `k${i}`, 100_000, 100_000);
    expect([late.size, dueOf(late, 'k0'), dueOf(late, 'k1')]).toEqual([mostLateExpiries, undefined, 100_000]);
  });
});

describe('a late expiry whose end everybody has seen', () => {
  it('is none of a key that is made anew', () => {
    const late = new LateExpiries();
    note(late, 'k', 100_000, 100_000);
    late.madeAnew(new KeyState(0, 'k'));
    expect(dueOf(late, 'k')).toBe(100_000);
    late.over(0, 'k', { ...version, time: 2 });
    late.madeAnew(new KeyState(0, 'k'));
    expect(dueOf(late, 'k')).toBeUndefined();
  });

  it('tells still when it was, and is over', () => {
    const late = new LateExpiries();
    note(late, 'k', 100_000, 100_000);
    late.over(0, 'k', { ...version, index: 2 });
    expect(late.of(0, 'k')?.isOver).toBe(false);
    late.over(0, 'k', { ...version, time: 2 });
    expect(late.of(0, 'k')).toMatchObject({ at: 100_000, isOver: true });
  });
});
