/**
 * Local writers racing with appliers, in memory: the real engine at two or three sites under a seeded scheduler, with and
 * without crashes and lost answers. A run is a hundred seeds; the sites must end equal and counters exact. A quarter of the
 * worlds set and take away expiries too, without crashes at two sites: where sites delete and make again a key whose expiry another
 * sets, and crash, an expiry can still be left behind (docs/guarantees.md). Sites compare contended keys at rest, as they always do;
 * a run in which that had more than a few keys to put right fails too.
 */
import { runRace } from '../simulation/race-run.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';

/** Simulated worlds in one run. */
const worlds = 100;
/** Keys in one run that merging may leave to the comparison between sites. */
const mostRepairs = 3;

export const race: Scenario = {
  name: 'race',
  title:
    'a hundred simulated races of local writers with appliers, half of them with crashes, expiries in those of two sites without: sites equal, counters exact',
  ciRuns: 1,
  fullRuns: 100,
  run,
};

async function run({ seed }: RunContext): Promise<Figures> {
  let [corrections, conflicts, crashes, repairs] = [0, 0, 0, 0];
  for (let n = 0; n < worlds; n++) {
    const expiries = n % 4 === 0;
    const options = { seed: seed * worlds + n, sites: 2 + (n % 2), writes: 150, faults: n % 4 >= 2, expiries };
    const result = await runRace(options);
    if (result.differences.length > 0) {
      throw new Error(`${JSON.stringify(options)}: ${result.differences.slice(0, 5).join('; ')}`);
    }
    corrections += result.corrections;
    conflicts += result.conflicts;
    crashes += result.crashes;
    repairs += result.repairs;
  }
  if (corrections === 0 || crashes === 0) throw new Error('nothing raced');
  if (repairs > mostRepairs) throw new Error(`${repairs} keys were left to the comparison between sites`);
  return { worlds, corrections, conflicts, crashes, repairs };
}
