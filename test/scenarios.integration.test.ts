/** Every scenario at its small size; `npm run prove -- NAME --full` runs them for the record. */
import { describe, test } from 'vitest';
import { freshSeed } from '../apps/demo/src/lab/index.ts';
import { scenarios } from './scenarios/table.ts';
import { runScenario } from './support/run-scenario.ts';

const seed = Number(process.env.ENTWINE_SEED ?? freshSeed());
const timeout = 240_000;

describe.each(scenarios)('$name', (scenario) => {
  test.each(Array.from({ length: scenario.ciRuns }, (_, run) => run))(
    `${scenario.title} (run %i)`,
    { timeout },
    async (run) => {
      await runScenario(scenario, { seed: seed + run, run, full: false, log: () => {} });
    },
  );
});
