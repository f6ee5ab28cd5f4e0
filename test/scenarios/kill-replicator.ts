/**
 * Replicators die by kill -9 at random moments under load and are started again: they resume where they were, and
 * nothing is lost or counted twice.
 */
import { type Mesh, pause, Random, type Site, Tally, Workload } from '../../apps/demo/src/lab/index.ts';
import { assertSame } from '../support/assert-same.ts';
import { expectSame, expectThat } from '../support/expect-that.ts';
import type { RunContext, Scenario } from '../support/scenario.ts';

/** How often the servers of a site have served a whole snapshot, and how often a resumed stream. */
interface Syncs {
  readonly full: number;
  readonly resumed: number;
}

export const killReplicator: Scenario = {
  name: 'kill-replicator',
  title: 'killed with -9 at random points under load and restarted: resumes by +CONTINUE, sites equal, counters exact',
  ciRuns: 2,
  fullRuns: 20,
  run: async (context) => {
    const random = new Random(context.seed);
    const mesh = await context.start({ names: ['a', 'b'] });
    const tally = new Tally();
    const workloads = mesh.sites.map(
      ({ name, master }) =>
        new Workload({ site: name, server: master, seed: random.integer(0, 2 ** 31), tally, rate: 2000 }),
    );
    for (const workload of workloads) workload.start();
    const kills = await killAll(mesh, random, context);
    await Promise.all(workloads.map((workload) => workload.stop()));
    const same = await assertSame(mesh.sites, tally);
    const writes = workloads.reduce((sum, workload) => sum + workload.writes, 0);
    return { kills, writes, ...same };
  },
};

/** One to three kills, each at a random moment, also while the one killed before is still starting. */
async function killAll(mesh: Mesh, random: Random, context: RunContext): Promise<number> {
  const kills = random.integer(1, 3);
  for (let kill = 0; kill < kills; kill++) {
    const site = random.pick(mesh.sites);
    await pause(random.integer(100, 2000));
    const before = await syncs(site);
    await site.replicator.kill();
    context.log(`killed the replicator of ${site.name}`);
    if (random.chance(0.5)) await pause(random.integer(0, 1000));
    site.replicator.start();
    if (random.chance(0.3)) {
      await pause(random.integer(0, 600));
      await site.replicator.kill();
      context.log('and again while it was starting');
      site.replicator.start();
    }
    await site.replicator.ready();
    const after = await syncs(site);
    expectSame(`full synchronisations at ${site.name} after the restart`, after.full, before.full);
    expectThat(`${site.name} has resumed the stream`, after.resumed > before.resumed, after);
    expectSame(`how ${site.name} says it attached`, (await site.replicator.status()).attached, 'continue');
  }
  return kills;
}

/** By the servers' own count, so that nothing rests on what the replicator says. */
async function syncs(site: Site): Promise<Syncs> {
  const servers = site.replica === undefined ? [site.master] : [site.master, site.replica];
  const stats = await Promise.all(servers.map((server) => server.info('stats')));
  const sum = (field: string): number => stats.reduce((total, fields) => total + Number(fields.get(field)), 0);
  return { full: sum('sync_full'), resumed: sum('sync_partial_ok') };
}
