/** The planted bugs are what they say: each is in the source where it is to be planted, once, and changes it. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { findAll, plantsNamed } from './plant-runs.ts';
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

it('are planted, and found', async () => {
  const sought = plantsNamed('lost-select');
  const [found] = await findAll(sought ?? [], 1, ['--seeds', '2'], () => {});
  expect(found).toMatchObject({ plant: { name: 'lost-select' }, seeds: 1 });
});

it('are not found where the worlds are too few', async () => {
  const [found] = await findAll(plantsNamed('wants-lost') ?? [], 1, ['--seeds', '1'], () => {});
  expect(found?.seeds).toBeUndefined();
});
