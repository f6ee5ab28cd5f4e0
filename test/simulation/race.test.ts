/** The race simulation over a range of seeds; the scenario `race` runs many more. */
import { describe, expect, it } from 'vitest';
import { runRace } from './race-run.ts';

const shapes = [
  { title: 'two sites', sites: 2, faults: false, seeds: 150 },
  { title: 'three sites', sites: 3, faults: false, seeds: 60 },
  { title: 'two sites, crashes and lost answers', sites: 2, faults: true, seeds: 150 },
  { title: 'three sites, crashes and lost answers', sites: 3, faults: true, seeds: 60 },
];

describe('local writers racing with appliers', () => {
  for (const { title, sites, faults, seeds } of shapes) {
    it(`G1, G4: ${title}`, { timeout: 120_000 }, async () => {
      let corrections = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        const result = await runRace({ seed, sites, writes: 150, faults });
        expect(result.differences, `seed ${seed}, ${sites} sites, faults ${faults}`).toEqual([]);
        corrections += result.corrections;
      }
      expect(corrections, 'the races must have happened').toBeGreaterThan(seeds);
    });
  }
});
