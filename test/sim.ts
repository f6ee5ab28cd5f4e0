/**
 * `npm run sim -- [--seeds N] [--seed S] [--jobs N] [--sites K] [--steps M] [--writers N] [--calm] [--without FAULT,…]
 * [--only GROUP,…] [--limiters always|never] [--key KEY]… [--drop RANGES] [--trace KEY] [--stop] [--no-shrink]
 * [--failures FILE] [--plant NAME|all] [--case NAME|all]`: the real engine in seeded worlds, hostile unless `--calm`, in as many processes as
 * there are cores. See docs/testing.md.
 *
 * Exits 0 when all passed (or every bug was found); 1 when something was lost or sites differ; 2 for arguments that make no
 * sense; 3 when a world never came to rest; 4 when something that has to occur never did.
 */
import { liveCases, playInWorld, simulatedCases } from './simulation/case-runs.ts';
import { noteFailure } from './simulation/failures-file.ts';
import { findAll, plantsNamed } from './simulation/plant-runs.ts';
import { catchStrays } from './simulation/play-seed.ts';
import { exitCodes, Report, tracing } from './simulation/report.ts';
import { readArguments, type SimArguments, UsageError } from './simulation/sim-arguments.ts';
import { playAll } from './simulation/sim-pool.ts';
import type { SimOptions } from './simulation/sim-run.ts';
import { Restless } from './simulation/sim-world.ts';

/** After how many worlds a long run tells where it is. */
const progressEvery = 1000;

async function main(args: SimArguments): Promise<number> {
  const { first, seeds, jobs, stop, plant, trace, failures, optionsOf } = args;
  if (plant !== undefined) return findPlants(plant, first, seeds);
  if (args.case !== undefined) return playCases(args.case, args);
  const report = new Report(args);
  const onCommand = trace === undefined ? undefined : tracing([trace], (line) => console.log(`  ${line}`));
  const worlds = function* (): Generator<SimOptions> {
    for (let seed = first; seed < first + seeds; seed++) yield { ...optionsOf(seed), ...(onCommand && { onCommand }) };
  };
  console.log(`${seeds} seeds from ${first}`);
  let next = first;
  let isInterrupted = false;
  process.once('SIGINT', () => {
    isInterrupted = true;
  });
  await playAll(jobs, worlds(), async (outcome, options) => {
    if (outcome.verdict !== 'passed' && failures !== undefined) noteFailure(failures, outcome, options);
    await report.take(outcome, options);
    next = options.seed + 1;
    if ((next - first) % progressEvery === 0 && next < first + seeds)
      console.log(`${next - first} played; next seed ${next}`);
    return !(isInterrupted || (stop && outcome.verdict !== 'passed'));
  });
  if (next < first + seeds) console.log(`stopped; to go on: --seed ${next} --seeds ${first + seeds - next}`);
  return report.end();
}

/** Looks for planted bugs: from seed 1 on, unless told otherwise, so that the numbers can be compared. */
async function findPlants(name: string, first: number, seeds: number): Promise<number> {
  const sought = plantsNamed(name);
  if (sought === undefined) throw new UsageError(`--plant ${name}: there is no such bug; all plants every one`);
  const found = await findAll(
    sought,
    first,
    ['--seeds', String(seeds)],
    ({ plant: { name: of, what }, seeds: took, told }) =>
      console.log(`${of}: ${took === undefined ? 'NOT FOUND' : `seed ${took}`} (${what}): ${told.slice(0, 120)}`),
  );
  const count = found.filter((one) => one.seeds !== undefined).length;
  console.log(`found ${count}/${found.length}`);
  return count === found.length ? 0 : 1;
}

/** Plays a case, or all, each under the schedules of all seeds. */
async function playCases(name: string, { first, seeds, stop }: SimArguments): Promise<number> {
  const chosen = simulatedCases.filter((one) => name === 'all' || one.name === name);
  const live = liveCases.find((one) => one.name === name);
  if (live !== undefined) throw new UsageError(`--case ${name}: only on real servers, for it needs ${live.onlyLive}`);
  if (chosen.length === 0)
    throw new UsageError(
      `--case ${name}: there is none; there are ${simulatedCases.map((one) => one.name).join(', ')}`,
    );
  console.log(`${seeds} seeds from ${first}`);
  let [unsafe, stuck] = [0, 0];
  for (const one of chosen) {
    let passed = 0;
    for (let seed = first; seed < first + seeds && !(stop && unsafe + stuck > 0); seed++) {
      try {
        await playInWorld(one, seed);
        passed++;
      } catch (error) {
        if (error instanceof Restless) stuck++;
        else unsafe++;
        console.log(`${one.name}, seed ${seed} FAILED: ${(error as Error).message.slice(0, 600)}`);
        console.log(`  npm run sim -- --case ${one.name} --seeds 1 --seed ${seed}`);
      }
    }
    console.log(`${one.name}: ${passed} of ${seeds}`);
  }
  return unsafe > 0 ? exitCodes.unsafe : stuck > 0 ? exitCodes.stuck : exitCodes.passed;
}

catchStrays();
try {
  process.exit(await main(readArguments(process.argv.slice(2))));
} catch (error) {
  const { code } = error as NodeJS.ErrnoException;
  if (!(error instanceof UsageError) && !code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error((error as Error).message);
  process.exit(exitCodes.usage);
}
