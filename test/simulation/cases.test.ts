/** The hard cases and the stories in simulated worlds, each under some schedules. `npm run sim -- --case all` plays more. */
import { describe, expect, it } from 'vitest';
import { testSeed } from '../support/test-seed.ts';
import { liveCases, playInWorld, simulatedCases } from './case-runs.ts';

/** Schedules of each case; of those that write thousands of commands one. */
const schedules = 3;
const long: ReadonlySet<string> = new Set(['13-same-ids-in-lockstep', '13-same-ids-apart']);
const timeout = 120_000;

describe('in simulated worlds', () => {
  const first = testSeed();
  for (const one of simulatedCases) {
    it(`${one.name}: ${one.title}`, { timeout }, async () => {
      const seeds = long.has(one.name) ? 1 : schedules;
      for (let seed = first; seed < first + seeds; seed++) {
        try {
          await playInWorld(one, seed);
        } catch (error) {
          throw new Error(`npm run sim -- --case ${one.name} --seeds 1 --seed ${seed}`, { cause: error });
        }
      }
    });
  }

  it('nothing is lost of what was moved to a list while its place was being taken', { timeout }, async () => {
    const queue = simulatedCases.find(({ name }) => name === 'job-queue')!;
    for (const seed of [107, 1018, 1050, 1221]) await playInWorld(queue, seed);
  });

  it('every case that is not played here tells why', () => {
    expect(liveCases.filter(({ onlyLive = '' }) => onlyLive.length < 5)).toEqual([]);
    expect(simulatedCases.length).toBeGreaterThan(liveCases.length);
  });
});
