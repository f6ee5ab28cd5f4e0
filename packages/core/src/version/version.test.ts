import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareVersions, isNewer, newest, type Version, zeroVersion } from './version.ts';

const anyVersion: fc.Arbitrary<Version> = fc.record({
  time: fc.oneof(fc.nat({ max: 3 }), fc.maxSafeNat()),
  priority: fc.nat({ max: 3 }),
  index: fc.nat({ max: 3 }),
});

it('versions are totally ordered', () => {
  fc.assert(
    fc.property(anyVersion, anyVersion, anyVersion, (a, b, c) => {
      expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      const same = a.time === b.time && a.priority === b.priority && a.index === b.index;
      expect(compareVersions(a, b) === 0).toBe(same);
    }),
    { numRuns: 1000 },
  );
});

it('time comes before priority, priority before index', () => {
  const ascending: Version[] = [
    zeroVersion,
    { time: 0, priority: 0, index: 9 },
    { time: 0, priority: 9, index: 0 },
    { time: 1, priority: 0, index: 0 },
    { time: Number.MAX_SAFE_INTEGER - 1, priority: 0, index: 0 },
    { time: Number.MAX_SAFE_INTEGER, priority: 0, index: 0 },
  ];
  for (const [i, a] of ascending.entries())
    for (const [j, b] of ascending.entries()) expect(Math.sign(compareVersions(a, b))).toBe(Math.sign(i - j));
});

it('nothing is older than no version', () => {
  expect(isNewer(zeroVersion, undefined)).toBe(true);
  expect(newest(undefined, undefined)).toBeUndefined();
});

it('the newest of two is one of them, whichever comes first', () => {
  const perhaps = fc.option(anyVersion, { nil: undefined });
  fc.assert(
    fc.property(perhaps, perhaps, (a, b) => {
      const best = newest(a, b);
      expect(newest(b, a)).toEqual(best);
      for (const one of [a, b]) {
        if (one === undefined) continue;
        expect(isNewer(one, best)).toBe(false);
        expect(isNewer(one, one)).toBe(false);
      }
    }),
  );
});
