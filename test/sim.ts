/**
 * `npm run sim -- [--seeds N] [--seed S] [--sites K] [--steps M] [--writers N] [--calm] [--only GROUP,…]
 * [--limiters always|never] [--trace KEY] [--stop] [--plant NAME|all]`: the real engine in seeded worlds, hostile unless
 * `--calm`. Tells every seed that fails, with a line to run it again; `--stop` ends there. `--plant`: with a bug planted in the
 * source (see `plants.ts`), which has to be found; prints how many worlds that took.
 *
 * Exits 0 when all passed (or every bug was found); 1 when something was lost or sites differ; 2 for arguments that make no sense; 3 when a world never
 * came to rest.
 */
import { parseArgs } from 'node:util';
import { freshSeed } from '../apps/demo/src/lab/index.ts';
import { allGroups, type Group } from './differential/row.ts';
import { findAll, plantsNamed } from './simulation/plant-runs.ts';
import { type SimOptions, simulate } from './simulation/sim-run.ts';
import { Restless } from './simulation/sim-world.ts';

/** Of a world that fails: lines that are shown, and characters of each. */
const [shownLines, shownLength] = [6, 600];
const [fewestSites, mostSites] = [2, 5];

class UsageError extends Error {}

/** The world that is being played. */
let playing: SimOptions | undefined;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      seed: { type: 'string' },
      sites: { type: 'string' },
      steps: { type: 'string', default: '300' },
      writers: { type: 'string' },
      only: { type: 'string' },
      limiters: { type: 'string' },
      trace: { type: 'string' },
      calm: { type: 'boolean', default: false },
      stop: { type: 'boolean', default: false },
      plant: { type: 'string' },
    },
  });
  const first = count('--seed', values.seed ?? String(values.plant === undefined ? freshSeed() : 1), 0);
  const seeds = count('--seeds', values.seeds, 1);
  const writes = count('--steps', values.steps, 1);
  const sites = values.sites === undefined ? undefined : count('--sites', values.sites, fewestSites, mostSites);
  const writers = values.writers === undefined ? undefined : count('--writers', values.writers, 1, mostSites);
  const limiters = values.limiters === undefined ? undefined : alwaysOr(values.limiters);
  const groups = values.only?.split(',').map(groupOf);
  if (values.plant !== undefined) return plant(values.plant, first, seeds);
  const situations = new Map<string, number>();
  let [played, unsafe, stuck] = [0, 0, 0];
  console.log(`${seeds} seeds from ${first}`);
  for (let seed = first; seed < first + seeds && !(values.stop && unsafe + stuck > 0); seed++) {
    const options: SimOptions = {
      ...{ seed, sites: sites ?? fewestSites + (seed % (mostSites - fewestSites + 1)), writes, faults: !values.calm },
      ...(groups !== undefined && { groups }),
      ...(writers !== undefined && { writers }),
      ...(limiters !== undefined && { limiters }),
      ...(values.trace !== undefined && { onCommand: tracing(values.trace) }),
    };
    playing = options;
    played++;
    try {
      const result = await simulate(options);
      for (const [name, times] of result.situations) situations.set(name, (situations.get(name) ?? 0) + times);
      if (result.wrong.length === 0) continue;
      unsafe++;
      tellFailure(options, [`of ${result.groups}`, ...result.wrong]);
    } catch (error) {
      if (error instanceof Restless) stuck++;
      else unsafe++;
      tellFailure(options, [error instanceof Restless ? error.message : String((error as Error).stack)]);
    }
  }
  console.log([...situations].map(([name, times]) => `${name} ${times}`).join(', '));
  console.log(`${played - unsafe - stuck} of ${played} passed, ${unsafe} unsafe, ${stuck} without rest`);
  return unsafe > 0 ? 1 : stuck > 0 ? 3 : 0;
}

/** Looks for planted bugs: from seed 1 on, unless told otherwise, so that the numbers can be compared. */
async function plant(name: string, first: number, seeds: number): Promise<number> {
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

function tellFailure(options: SimOptions, lines: readonly string[]): void {
  const { seed, sites, writes, faults, groups, writers, limiters } = options;
  const more = [
    groups === undefined ? '' : ` --only ${groups}`,
    writers === undefined ? '' : ` --writers ${writers}`,
    limiters === undefined ? '' : ` --limiters ${limiters ? 'always' : 'never'}`,
    faults === false ? ' --calm' : '',
  ].join('');
  console.log(`seed ${seed} FAILED`);
  for (const line of lines.slice(0, shownLines)) console.log(`  ${line.slice(0, shownLength)}`);
  console.log(`  npm run sim -- --seeds 1 --seed ${seed} --sites ${sites} --steps ${writes}${more}`);
}

/** Shows the commands on a key, and those that may touch any. */
function tracing(key: string): NonNullable<SimOptions['onCommand']> {
  return (site, db, words, reply) => {
    if (words.includes(key) || /^(?:FLUSH|SWAP|MULTI|EXEC)/.test(words[0] ?? ''))
      console.log(`  ${site} [${db}] ${JSON.stringify(words)} -> ${JSON.stringify(reply)}`);
  };
}

function groupOf(name: string): Group {
  const group = allGroups.find((known) => known === name);
  if (group === undefined) throw new UsageError(`--only: there is no group ${name}; there are ${allGroups.join(', ')}`);
  return group;
}

function alwaysOr(text: string): boolean {
  if (text === 'always' || text === 'never') return text === 'always';
  throw new UsageError(`--limiters ${text}: always or never is needed`);
}

function count(option: string, text: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (text !== '' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`${option} ${text}: a whole number from ${least}${most < 100 ? ` to ${most}` : ''} is needed`);
}

/** What is thrown where nobody waits for it: the world cannot go on. */
process.on('uncaughtException', (error) => {
  if (playing !== undefined) tellFailure(playing, [String(error.stack)]);
  process.exit(1);
});

try {
  process.exit(await main());
} catch (error) {
  const { code } = error as NodeJS.ErrnoException;
  if (!(error instanceof UsageError) && !code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error((error as Error).message);
  process.exit(2);
}
