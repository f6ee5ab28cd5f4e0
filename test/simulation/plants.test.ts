/** The planted bugs are what they say: each is in the source where it is to be planted, once, and changes it. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { plants } from './plants.ts';

it('has at least twenty, each with a name of its own', () => {
  expect(new Set(plants.map(({ name }) => name)).size).toBe(plants.length);
  expect(plants.length).toBeGreaterThanOrEqual(20);
});

it.each(plants)('$name: $what', ({ file, from, to }) => {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(source.split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});
