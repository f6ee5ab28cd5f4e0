import { expect, it } from 'vitest';
import { policyDigest } from './policy-digest.ts';

const local = { keys: ['a:*'], policy: 'local' } as const;
const home = { keys: ['b:*'], databases: [2, 0, 10], policy: { home: 'a' } } as const;

it('is short, and the same for the same rules', () => {
  expect(policyDigest([])).toBe('');
  expect(policyDigest([local, home])).toMatch(/^[0-9a-f]{8}$/);
  expect(policyDigest([local, { ...home, databases: [0, 2, 10] }])).toBe(policyDigest([local, home]));
});

it('is another for other rules, or another order', () => {
  const digests = [[local], [home], [local, home], [home, local], [{ ...home, databases: undefined }, local]].map(
    policyDigest,
  );
  expect(new Set(digests).size).toBe(digests.length);
});
