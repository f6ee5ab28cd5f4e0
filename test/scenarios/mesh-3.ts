/**
 * Three sites, each linked to each: every write is applied exactly once at both others, and conflicting traffic at all
 * three ends in the same data.
 */
import { type Mesh, Random, settled, Tally, Workload, waitFor } from '../../apps/demo/src/lab/index.ts';
import { appliedByMetrics } from '../support/applied.ts';
import { assertSame } from '../support/assert-same.ts';
import { expectSame } from '../support/expect-that.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';
import { assertSilence, nothingExpires } from '../support/silence.ts';
import { writeDistinct } from '../support/write-distinct.ts';

export const mesh3: Scenario = {
  name: 'mesh-3',
  title:
    'three sites, all writing: each write applied exactly once at both others, no echo, sites equal, counters exact',
  ciRuns: 1,
  fullRuns: 3,
  run: async (context) => {
    const mesh = await context.start({ names: ['a', 'b', 'c'] });
    const apart = await withoutConflicts(mesh, context.full ? 100_000 : 5_000);
    context.log('without conflicts: exact');
    const together = await withConflicts(mesh, context);
    const silentMs = context.full ? 10_000 : 3_000;
    await nothingExpires(mesh.sites, 2 * silentMs);
    await settled(mesh.sites);
    const silence = await assertSilence(mesh.sites, silentMs);
    return { ...apart, ...together, ...silence };
  },
};

async function withoutConflicts(mesh: Mesh, writes: number): Promise<Figures> {
  await Promise.all(mesh.sites.map((site) => writeDistinct(site.master, `only:${site.name}`, writes)));
  await settled(mesh.sites, 120_000);
  for (const at of mesh.sites) {
    expectSame(`units captured at ${at.name}`, (await at.replicator.status()).capturedUnits, writes);
    for (const from of mesh.sites) {
      if (from === at) continue;
      expectSame(`entries of ${from.name} applied at ${at.name}`, await appliedByMetrics(at, from.name), writes);
    }
  }
  return { distinctWritesPerSite: writes };
}

async function withConflicts(mesh: Mesh, context: RunContext): Promise<Figures> {
  const random = new Random(context.seed);
  const tally = new Tally();
  const workloads = mesh.sites.map(
    ({ name, master }) =>
      new Workload({ site: name, server: master, seed: random.integer(0, 2 ** 31), tally, rate: 1500 }),
  );
  for (const workload of workloads) workload.start();
  const enough = context.full ? 30_000 : 4_000;
  const done = (): boolean => workloads.every((workload) => workload.reached(enough));
  await waitFor('every site has written enough', done, { timeoutMs: 120_000 });
  await Promise.all(workloads.map((workload) => workload.stop()));
  const same = await assertSame(mesh.sites, tally);
  return { mixedWrites: workloads.reduce((sum, workload) => sum + workload.writes, 0), ...same };
}
