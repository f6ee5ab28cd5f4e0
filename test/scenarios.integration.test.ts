/** Every scenario at its small size; `npm run prove -- NAME --full` runs them for the record. */
import { afterAll, describe, test } from 'vitest';
import { scenarios } from './scenarios/table.ts';
import { runScenario } from './support/run-scenario.ts';
import { testSeed } from './support/test-seed.ts';

const seed = testSeed();
const timeout = 240_000;

describe.each(scenarios.filter(({ inParts }) => inParts !== true))('$name', (scenario) => {
  afterAll(() => scenario.end?.());

  test.each(Array.from({ length: scenario.ciRuns }, (_, run) => run))(
    `${scenario.title} (run %i)`,
    { timeout },
    async (run) => {
      await runScenario(scenario, { seed: seed + run, run, full: false, log: () => {} });
    },
  );
});
