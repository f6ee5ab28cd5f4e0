import { expect, test } from 'vitest';
import { backoff } from './backoff.ts';

const limits = { backoffBaseMs: 50, backoffCapMs: 5_000 };

test('the wait doubles up to the cap and is spread over its upper half', () => {
  const longest = [0, 1, 2, 6, 7, 1000, Number.POSITIVE_INFINITY].map((attempt) => backoff(attempt, limits, 1));
  expect(longest).toEqual([50, 100, 200, 3200, 5000, 5000, 5000]);
  expect(backoff(0, limits, 0)).toBe(25);
  expect(backoff(1000, limits, 0)).toBe(2500);
});
