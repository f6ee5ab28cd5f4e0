/**
 * The seed of what `npm test` draws: always the same, so that a run says something of the change and not of the draw.
 * `ENTWINE_SEED=random` draws anew, a number names one. A seed that fails is kept as a test of its own.
 */
import { freshSeed } from '../../apps/demo/src/lab/random.ts';

const usual = 3;

export function testSeed(): number {
  const given = process.env.ENTWINE_SEED;
  if (given === undefined) return usual;
  return given === 'random' ? freshSeed() : Number(given);
}
