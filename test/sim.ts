/**
 * `npm run sim -- [--seeds N] [--seed S] [--sites K] [--steps M] [--only GROUP,…] [--trace KEY]`: the real engine in seeded,
 * hostile worlds. Tells every seed that fails, with a line to run it again.
 *
 * Exits 0 when all passed; 1 when something was lost or sites differ; 3 when a world never came to rest.
 */
import { parseArgs } from 'node:util';
import { freshSeed } from '../apps/demo/src/lab/index.ts';
import type { Group } from './differential/row.ts';
import { simulate } from './simulation/sim-run.ts';
import { Restless } from './simulation/sim-world.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string' },
    sites: { type: 'string' },
    steps: { type: 'string', default: '300' },
    only: { type: 'string' },
    trace: { type: 'string' },
    calm: { type: 'boolean', default: false },
  },
});

const first = Number(values.seed ?? freshSeed());
const count = Number(values.seeds);
const situations = new Map<string, number>();
let [unsafe, stuck] = [0, 0];
console.log(`${count} seeds from ${first}`);
for (let seed = first; seed < first + count; seed++) {
  const sites = Number(values.sites ?? 2 + (seed % 4));
  const rerun = `npm run sim -- --seeds 1 --seed ${seed} --sites ${sites} --steps ${values.steps}${values.only === undefined ? '' : ` --only ${values.only}`}${values.calm ? ' --calm' : ''}`;
  const { trace } = values;
  try {
    const result = await simulate({
      ...{ seed, sites, writes: Number(values.steps), faults: !values.calm },
      ...(values.only !== undefined && { groups: values.only.split(',') as Group[] }),
      ...(trace !== undefined && {
        onCommand: (site, db, words, reply) => {
          if (words.some((word) => word === trace) || /^(FLUSH|SWAP|MULTI|EXEC)/.test(words[0] ?? ''))
            console.log(`  ${site} [${db}] ${JSON.stringify(words)} -> ${JSON.stringify(reply)}`);
        },
      }),
    });
    for (const [name, times] of result.situations) situations.set(name, (situations.get(name) ?? 0) + times);
    if (result.wrong.length === 0) continue;
    unsafe++;
    console.log(
      `seed ${seed} FAILED (${result.groups})\n${result.wrong
        .slice(0, 6)
        .map((line) => `  ${line.slice(0, 600)}`)
        .join('\n')}\n  ${rerun}`,
    );
  } catch (error) {
    if (error instanceof Restless) stuck++;
    else unsafe++;
    console.log(
      `seed ${seed} FAILED\n  ${error instanceof Error ? (error instanceof Restless ? error.message : error.stack) : error}\n  ${rerun}`,
    );
  }
}
console.log([...situations].map(([name, times]) => `${name} ${times}`).join(', '));
console.log(`${count - unsafe - stuck} of ${count} passed, ${unsafe} unsafe, ${stuck} without rest`);
process.exit(unsafe > 0 ? 1 : stuck > 0 ? 3 : 0);
