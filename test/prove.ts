/**
 * `npm run prove -- NAME [--runs N] [--seed S] [--json FILE] [--full]`: runs one scenario of the table and tells what
 * it found; `--list` names them, with the further options that some have. Exits 0 only if every run passed.
 *
 * `--full` runs it at full size and as often as its claim says; without it, as `npm test` does.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { freshSeed } from '../apps/demo/src/lab/index.ts';
import { scenarios } from './scenarios/table.ts';
import { environment } from './support/environment.ts';
import { runScenario } from './support/run-scenario.ts';
import type { Figures, Scenario } from './support/scenario.ts';

interface Run {
  readonly seed: number;
  readonly passed: boolean;
  readonly seconds: number;
  readonly figures: Figures;
  readonly failure?: string;
}

interface Plan {
  readonly scenario: Scenario;
  readonly runs: number;
  readonly seed: number;
  readonly full: boolean;
  readonly narrowed: Readonly<Record<string, string>>;
}

/** Options of single scenarios. */
const narrowing = Object.fromEntries(
  scenarios
    .flatMap((scenario) => Object.keys(scenario.narrowing ?? {}))
    .map((name) => [name, { type: 'string' as const }]),
);

class UsageError extends Error {}

const usage = 'usage: npm run prove -- NAME [--full] [--runs N] [--seed S] [--json FILE], or --list for the names';

function readArguments() {
  return parseArgs({
    allowPositionals: true,
    options: {
      ...narrowing,
      runs: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'string' },
      full: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  if (values.list || values.help) {
    if (values.help) console.log(`${usage}\n`);
    for (const scenario of scenarios) {
      const { name, title, ciRuns, fullRuns } = scenario;
      console.log(`${name.padEnd(18)} ${title} (${ciRuns} in npm test, ${fullRuns} in full)`);
      for (const [option, help] of Object.entries(scenario.narrowing ?? {})) console.log(`  --${option}: ${help}`);
    }
    return 0;
  }
  const scenario = scenarios.find((candidate) => candidate.name === positionals[0]);
  if (scenario === undefined) {
    console.error(`name a scenario: ${scenarios.map((candidate) => candidate.name).join(', ')}`);
    return 2;
  }
  const runs = count(values.runs, values.full ? scenario.fullRuns : scenario.ciRuns);
  const given = Object.entries(values).filter(([name]) => name in (scenario.narrowing ?? {}));
  const narrowed = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
  const plan: Plan = { scenario, runs, seed: count(values.seed, freshSeed()), full: values.full, narrowed };
  console.log(`${scenario.name}: ${scenario.title}\n${plan.runs} runs from seed ${plan.seed}`);
  const results: Run[] = [];
  for (let run = 0; run < plan.runs; run++) results.push(await proveOnce(plan, run));
  await scenario.end?.();
  const passed = results.filter((result) => result.passed).length;
  console.log(`${scenario.name}: ${passed} of ${results.length} runs passed`);
  if (values.json !== undefined) await writeSummary(values.json, plan, results);
  return passed === results.length ? 0 : 1;
}

async function proveOnce({ scenario, seed: first, full, narrowed, runs }: Plan, run: number): Promise<Run> {
  const seed = first + run;
  const started = performance.now();
  const elapsed = (): number => Math.round((performance.now() - started) / 100) / 10;
  const label = `run ${run + 1} of ${runs} (seed ${seed})`;
  const log = (line: string): void => console.log(`  ${elapsed().toFixed(1)} s  ${line}`);
  try {
    const figures = await runScenario(scenario, { seed, run, full, narrowed, log });
    const shown = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
    console.log(`${label}: passed in ${elapsed()} s: ${shown.join(', ')}`);
    return { seed, passed: true, seconds: elapsed(), figures };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    console.log(`${label}: FAILED after ${elapsed()} s\n${failure}`);
    return { seed, passed: false, seconds: elapsed(), figures: {}, failure };
  }
}

async function writeSummary(file: string, plan: Plan, results: readonly Run[]): Promise<void> {
  const { name, title } = plan.scenario;
  const passed = results.filter((result) => result.passed).length;
  const summary = {
    scenario: name,
    title,
    ...(await environment()),
    full: plan.full,
    seed: plan.seed,
    runs: results.length,
    passed,
    failed: results.length - passed,
    results,
  };
  writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`);
}

function count(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new UsageError(`${text} is not a count`);
  return value;
}

try {
  process.exit(await main());
} catch (error) {
  const { code } = error as NodeJS.ErrnoException;
  if (!(error instanceof UsageError) && !code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(`${(error as Error).message}\n${usage}`);
  process.exit(2);
}
