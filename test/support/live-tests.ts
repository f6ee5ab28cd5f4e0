/**
 * The cases of a scenario that real servers can play as tests, each by its name. Those that do not hold yet are not among them: some hang on the moment and
 * hold now and then. `npm run prove` plays them, and guarantees.md names them.
 */
import { afterAll, test } from 'vitest';
import type { Case } from './case.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import { testSeed } from './test-seed.ts';

const timeout = 120_000;

export function liveTests(scenario: Scenario, cases: readonly Case[]): void {
  const seed = testSeed();
  afterAll(() => scenario.end?.());
  for (const { name, title, onlySimulated } of cases) {
    if (onlySimulated !== undefined) continue;
    const play = async (): Promise<void> => {
      await runScenario(scenario, { seed, run: 0, full: false, narrowed: { only: name }, log: () => {} });
    };
    test(`${name}: ${title}`, { timeout }, play);
  }
}
