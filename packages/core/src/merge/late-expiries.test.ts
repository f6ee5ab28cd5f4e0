import { describe, expect, it } from 'vitest';
import { expiryGraceMs } from './expiry-grace.ts';
import { LateExpiries, mostLateExpiries } from './late-expiries.ts';

describe('late expiries', () => {
  it('are remembered when they were near their time', () => {
    const late = new LateExpiries();
    for (const [key, at] of [
      ['passed', 99_000],
      ['soon', 104_000],
      ['later', 106_000],
      ['long ago', 100_000 - expiryGraceMs],
    ] as const)
      late.note(0, key, at, 100_000);
    late.note(0, 'never', 2n ** 60n, 100_000);
    late.note(0, 'none', null, 100_000);
    const known = ['passed', 'soon', 'later', 'long ago', 'never', 'none'].map((key) => late.of(0, key));
    expect(known).toEqual([99_000, 104_000, null, null, null, null]);
    expect(late.of(1, 'passed')).toBeNull();
  });

  it('go when their grace is over', () => {
    const late = new LateExpiries();
    late.note(0, 'a', 100_000, 100_000);
    late.note(0, 'b', 100_000 + expiryGraceMs, 100_000 + expiryGraceMs);
    expect([late.of(0, 'a'), late.size]).toEqual([null, 1]);
  });

  it('mostLateExpiries: the oldest give way', () => {
    const late = new LateExpiries();
    for (let i = 0; i <= mostLateExpiries; i++) late.note(0, `k${i}`, 100_000, 100_000);
    expect([late.size, late.of(0, 'k0'), late.of(0, 'k1')]).toEqual([mostLateExpiries, null, 100_000]);
  });
});
