/**
 * `npm run demo`: runs the demo and exits 0 only if the sites ended up the same. `ENTWINE_SEED` repeats a run's traffic.
 */
import { demo } from './demo.ts';
import { freshSeed } from './lab/index.ts';
import { Narrator } from './narrator.ts';

const narrator = new Narrator();
const seed = Number(process.env.ENTWINE_SEED ?? freshSeed());
try {
  const equal = await demo({ seed, rate: 2000, phases: [9000, 5000, 6000] }, narrator);
  narrator.print(
    equal ? '\nBoth sites hold the same data.' : `\nThe sites differ. ENTWINE_SEED=${seed} repeats the traffic.`,
  );
  process.exit(equal ? 0 : 1);
} catch (error) {
  narrator.print(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
