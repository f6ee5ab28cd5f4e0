/** Random writes under all rules, with replicators killed amid them. */
import { type Mesh, pause, Random, settled, waitFor } from '../../../apps/demo/src/lab/index.ts';
import { expectSame, expectThat } from '../../support/expect-that.ts';
import { keysOf } from '../../support/keys-of.ts';
import type { Figures, RunContext } from '../../support/scenario.ts';
import { type RandomWrites, writeAtRandom } from '../../support/write-under-rules.ts';
import { fewSeconds, hasHome, homesAgree } from './steps.ts';

/** Random writes under all rules; replicators are killed amid them. */
export async function atRandom(mesh: Mesh, context: RunContext): Promise<Figures> {
  const { sites } = mesh;
  const random = new Random(context.seed);
  const writes = context.full ? 6000 : 1500;
  const writers = sites.map(async (at): Promise<RandomWrites> => writeAtRandom(at, random.fork(), writes));
  for (const victim of [random.pick(sites), random.pick(sites), random.pick(sites)]) {
    await victim.replicator.kill();
    await pause(random.integer(0, 300));
    victim.replicator.start();
    await victim.replicator.ready();
  }
  const done = await Promise.all(writers);
  await homesAgree(mesh);
  await settled(sites, 120_000);
  const isShared = (key: string): boolean => key.startsWith('mix:') || key.startsWith('result:') || hasHome(key);
  const agree = async (): Promise<readonly string[] | undefined> => {
    const held = await Promise.all(sites.map(({ master }) => keysOf(master, isShared)));
    return held.every((one) => String(one) === String(held[0])) ? held[0] : undefined;
  };
  const held = await waitFor('what is replicated is equal everywhere', agree, {
    ...fewSeconds,
    describe: async () => {
      const lines = await Promise.all(sites.map(({ master }) => keysOf(master, isShared)));
      const common = new Set(lines[0]?.filter((line) => lines.every((other) => other.includes(line))));
      return lines
        .map((own, n) => `${sites[n]?.name}: ${own.filter((line) => !common.has(line)).join('\n   ')}`)
        .join('\n');
    },
  });
  for (const [n, one] of done.entries()) {
    const found = await keysOf(sites[n]!.master, (key) => key.startsWith('local:mix:'));
    expectSame(`local keys of ${sites[n]!.name}`, String(found), String(one.local));
  }
  const undone = await Promise.all(
    sites.map(async ({ replicator }) => (await replicator.status()).policies.undone ?? 0),
  );
  expectThat(
    'what is undone was counted',
    undone.some((count) => count > 0),
    undone,
  );
  return { randomWrites: done.reduce((sum, { writes: count }) => sum + count, 0), replicatedKeys: held.length };
}
