/**
 * `npm run sim -- [--seeds N] [--seed S] [--jobs N] [--sites K] [--steps M] [--writers N] [--calm] [--only GROUP,…]
 * [--limiters always|never] [--trace KEY] [--stop] [--plant NAME|all]`: the real engine in seeded worlds, hostile unless
 * `--calm`, in as many processes as there are cores. Tells every seed that fails, with a line to run it again; `--stop` ends
 * there. `--plant`: with a bug planted in the source (see `plants.ts`), which has to be found; prints how many worlds that took.
 *
 * Exits 0 when all passed (or every bug was found); 1 when something was lost or sites differ; 2 for arguments that make no sense; 3 when a world never
 * came to rest.
 */
import { findAll, plantsNamed } from './simulation/plant-runs.ts';
import { catchStrays, type Outcome } from './simulation/play-seed.ts';
import { readArguments, rerunLine, type SimArguments, UsageError } from './simulation/sim-arguments.ts';
import { playAll } from './simulation/sim-pool.ts';
import type { SimOptions } from './simulation/sim-run.ts';

/** Of a world that fails: lines that are shown, and characters of each. */
const [shownLines, shownLength] = [6, 600];

async function main(args: SimArguments): Promise<number> {
  const { first, seeds, jobs, stop, plant, trace, optionsOf } = args;
  if (plant !== undefined) return findPlants(plant, first, seeds);
  const onCommand = trace === undefined ? undefined : tracing(trace);
  const situations = new Map<string, number>();
  let [played, unsafe, stuck] = [0, 0, 0];
  console.log(`${seeds} seeds from ${first}`);
  const worlds = function* (): Generator<SimOptions> {
    for (let seed = first; seed < first + seeds; seed++) yield { ...optionsOf(seed), ...(onCommand && { onCommand }) };
  };
  await playAll(jobs, worlds(), (outcome, options) => {
    played++;
    for (const [name, times] of Object.entries(outcome.situations))
      situations.set(name, (situations.get(name) ?? 0) + times);
    if (outcome.verdict === 'passed') return true;
    if (outcome.verdict === 'stuck') stuck++;
    else unsafe++;
    tellFailure(outcome, options);
    return !stop;
  });
  console.log([...situations].map(([name, times]) => `${name} ${times}`).join(', '));
  console.log(`${played - unsafe - stuck} of ${played} passed, ${unsafe} unsafe, ${stuck} without rest`);
  return unsafe > 0 ? 1 : stuck > 0 ? 3 : 0;
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

function tellFailure({ seed, told }: Outcome, options: SimOptions): void {
  console.log(`seed ${seed} FAILED`);
  for (const line of told.slice(0, shownLines)) console.log(`  ${line.slice(0, shownLength)}`);
  console.log(`  ${rerunLine(options)}`);
}

/** Shows the commands on a key, and those that may touch any. */
function tracing(key: string): NonNullable<SimOptions['onCommand']> {
  return (site, db, words, reply) => {
    if (words.includes(key) || /^(?:FLUSH|SWAP|MULTI|EXEC)/.test(words[0] ?? ''))
      console.log(`  ${site} [${db}] ${JSON.stringify(words)} -> ${JSON.stringify(reply)}`);
  };
}

catchStrays();
try {
  process.exit(await main(readArguments(process.argv.slice(2))));
} catch (error) {
  const { code } = error as NodeJS.ErrnoException;
  if (!(error instanceof UsageError) && !code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error((error as Error).message);
  process.exit(2);
}
