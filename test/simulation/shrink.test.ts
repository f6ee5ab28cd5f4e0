/** Shrinking: of worlds whose failure is known, and of one with a planted bug. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Outcome } from './play-seed.ts';
import { shrink } from './shrink.ts';
import type { SimOptions } from './sim-run.ts';

const whole: SimOptions = { seed: 5, sites: 5, writes: 380 };

/** Fails where there are three sites, 40 steps and partitions, and the 17th step is carried out. */
function fails({ sites, writes, faults, without = [], drop = [], keys }: SimOptions): boolean {
  const hasPartitions = faults !== false && !without.includes('partition');
  const hasStep = !drop.some(([first, last]) => first <= 17 && 17 <= last);
  return sites >= 3 && writes >= 40 && hasPartitions && hasStep && (keys === undefined || keys.includes('k'));
}

const play = async (options: SimOptions): Promise<Outcome> =>
  fails(options)
    ? { seed: 5, verdict: 'unsafe', told: ['0 "k": a "1" | b absent'], situations: {} }
    : { seed: 5, verdict: 'passed', told: [], situations: {} };

it('finds the smallest world that fails', async () => {
  const outcome = await play(whole);
  const { options } = await shrink({ options: whole, outcome }, { play, isLate: () => false });
  expect(fails(options)).toBe(true);
  expect(options).toMatchObject({ sites: 3, writes: 40, limiters: false, keys: ['k'] });
  expect(options.without).not.toContain('partition');
  expect(options.without).toEqual(expect.arrayContaining(['more', 'crash', 'isolation']));
  const kept = Array.from({ length: 40 }, (_, place) => place + 1).filter(
    (step) => !options.drop!.some(([first, last]) => first <= step && step <= last),
  );
  expect(kept).toEqual([17]);
});

it('does the same each time', async () => {
  const tried = async (): Promise<SimOptions[]> => {
    const all: SimOptions[] = [];
    const noting = (options: SimOptions): Promise<Outcome> => {
      all.push(options);
      return play(options);
    };
    await shrink({ options: whole, outcome: await play(whole) }, { play: noting, isLate: () => false });
    return all;
  };
  expect(await tried()).toEqual(await tried());
});

it('keeps a failure of its kind: what never comes to rest is not what differs', async () => {
  const stuck: Outcome = { seed: 5, verdict: 'stuck', told: [], situations: {} };
  const { options } = await shrink({ options: whole, outcome: stuck }, { play, isLate: () => false });
  expect(options).toEqual(whole);
});

it('ends when there is no more time', async () => {
  let left = 2;
  const { options } = await shrink({ options: whole, outcome: await play(whole) }, { play, isLate: () => left-- <= 0 });
  expect(options).toMatchObject({ sites: 3, writes: 380 });
});

it('shrinks a world with a planted bug to one that its line plays again', { timeout: 120_000 }, () => {
  const program = fileURLToPath(new URL('../sim.ts', import.meta.url));
  const hook = new URL('plant-hook.ts', import.meta.url).href;
  const sim = (...args: string[]) =>
    spawnSync(process.execPath, ['--conditions=@entwine/source', '--import', hook, program, ...args], {
      env: { ...process.env, ENTWINE_PLANT: 'lost-select' },
      encoding: 'utf8',
    });
  const { stdout, status } = sim('--seeds', '1', '--seed', '1', '--shrink', '10');
  expect(status).toBe(1);
  const lines = [...stdout.matchAll(/npm run sim -- (.*)/g)].map(([, args]) => args!);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/--drop|--key|--steps \d{1,2}\b/);
  // As a shell reads it.
  const words = JSON.parse(
    execFileSync('sh', ['-c', `"$0" -p 'JSON.stringify(process.argv.slice(1))' -- ${lines[1]}`, process.execPath], {
      encoding: 'utf8',
    }),
  ) as string[];
  expect(sim(...words, '--no-shrink').status).toBe(1);
});
