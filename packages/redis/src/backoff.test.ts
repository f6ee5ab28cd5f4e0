import { expect, it } from 'vitest';
import { Backoff, backoffCap } from './backoff.ts';

it('doubles from 100 ms to the cap, jitters in the upper half, and starts again', () => {
  const most = new Backoff(() => 1);
  expect(Array.from({ length: 7 }, () => most.next())).toEqual([100, 200, 400, 800, 1600, 3000, 3000]);
  const least = new Backoff(() => 0);
  expect([least.next(), least.next()]).toEqual([50, 100]);
  for (let i = 0; i < 2000; i++) expect(most.next()).toBe(backoffCap);
  most.reset();
  expect(most.next()).toBe(100);
});
