/** Runs the simulator with planted bugs, each in a process of its own, until it finds them. */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Plant, plants } from './plants.ts';

const program = fileURLToPath(new URL('../sim.ts', import.meta.url));
const hook = new URL('plant-hook.ts', import.meta.url).href;
/** So long a bug may take, in milliseconds: a world that never returns has not been found out. */
const longestMs = 10 * 60_000;

/** What became of one bug. */
export interface Found {
  readonly plant: Plant;
  /** How many worlds it took; undefined when it was not found. */
  readonly seeds: number | undefined;
  /** The first line that tells what was wrong. */
  readonly told: string;
}

/** The bugs of that name; `all` for every one. Undefined when there is none. */
export function plantsNamed(name: string): readonly Plant[] | undefined {
  if (name === 'all') return plants;
  const plant = plants.find((known) => known.name === name);
  return plant && [plant];
}

/**
 * Looks for bugs, several at a time.
 * @param args - for the simulator: which seeds, of what.
 * @param first - the first seed.
 */
export async function findAll(
  sought: readonly Plant[],
  first: number,
  args: readonly string[],
  onFound: (found: Found) => void,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  const left = [...sought];
  const work = async (): Promise<void> => {
    for (let plant = left.shift(); plant !== undefined; plant = left.shift()) {
      const one = await find(plant, first, args);
      found.push(one);
      onFound(one);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return found;
}

async function find(plant: Plant, first: number, args: readonly string[]): Promise<Found> {
  const { output, code } = await run(plant, [
    ...args,
    ...(plant.only === undefined ? [] : ['--only', plant.only]),
    ...(plant.with === undefined ? ['--without', 'servers'] : ['--with', plant.with, '--limiters', 'never']),
    ...['--seed', String(first), '--stop', '--jobs', '1', '--no-shrink'],
  ]);
  const seed = /^seed (\d+) FAILED.*\n(.*)\n(.*)/m.exec(output);
  const isFound = (code === 1 || code === 3) && seed !== null;
  return {
    plant,
    seeds: isFound ? Number(seed[1]) - first + 1 : undefined,
    told: (seed?.[3] ?? output.slice(-200)).trim(),
  };
}

function run(
  { name }: Plant,
  args: readonly string[],
): Promise<{ readonly output: string; readonly code: number | null }> {
  const child = spawn(process.execPath, ['--conditions=@entwine/source', '--import', hook, program, ...args], {
    env: { ...process.env, ENTWINE_PLANT: name },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longestMs,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ output, code })));
}
