/**
 * Two replicators of one site run by mistake: with a log of its own beside one that is at work, with a copy of that
 * one's log, or both started on an empty Redis at once. Nothing counts twice, one of them goes on, and the other says
 * why it does not.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import {
  freePort,
  type Mesh,
  Replicator,
  type ReplicatorStatus,
  Tally,
  Workload,
  waitFor,
} from '../../apps/demo/src/lab/index.ts';
import { assertSame } from '../support/assert-same.ts';
import { expectThat } from '../support/expect-that.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';

/** How the second comes about, and what the one that gives way may say. */
const sorts = {
  'another log': /already holds data/,
  'a copied log': /lost or restored from a copy|another replicator of this site has taken over/,
  'started together': /last served from another log|has served this Redis|already holds data/,
} as const;

type Sort = keyof typeof sorts;

export const twoReplicators: Scenario = {
  name: 'two-replicators',
  title: 'two replicators of one site by mistake, whatever their logs: nothing counts twice, one of them gives way',
  ciRuns: 3,
  fullRuns: 12,
  run: async (context) => {
    const names = Object.keys(sorts) as Sort[];
    return run(context, names[context.seed % names.length] ?? 'another log');
  },
};

async function run(context: RunContext, sort: Sort): Promise<Figures> {
  const mesh = await context.prepare({ names: ['a', 'b'] });
  const tally = new Tally();
  const workloads = mesh.sites.map(
    ({ name, master }, place) =>
      new Workload({ site: name, server: master, seed: context.seed + place, tally, rate: 1000 }),
  );
  const second = await secondOf(mesh, context);
  if (sort === 'started together') for (const site of mesh.sites) site.replicator.start();
  else {
    await mesh.startReplicators();
    for (const workload of workloads) workload.start();
    await waitFor('there is traffic', () => workloads.every((workload) => workload.reached(1000)));
    if (sort === 'a copied log') await copyLog(mesh, second);
  }
  second.start();
  context.log(`a second replicator of site a: ${sort}`);
  const winner = await oneGivesWay(mesh, second, sort, context);
  // Whichever it is stands where the peers look for the site.
  mesh.link('b', 'a').aim(winner.options.linkPort);
  await winner.ready();
  // A site begins with an empty Redis: nothing is written before both have begun.
  await mesh.site('b').replicator.ready();
  if (sort === 'started together') for (const workload of workloads) workload.start();
  const before = workloads.map((workload) => workload.writes);
  await waitFor('traffic goes on', () =>
    workloads.every((workload, place) => workload.reached((before[place] ?? 0) + 1000)),
  );
  await Promise.all(workloads.map((workload) => workload.stop()));
  const sites = mesh.sites.map((site) => (site.name === 'a' ? { ...site, replicator: winner } : site));
  const same = await assertSame(sites, tally);
  return { sort, gaveWay: winner === second ? 'first' : 'second', ...same };
}

/** Waits for it, checks what it says, stops it; returns the other. */
async function oneGivesWay(mesh: Mesh, second: Replicator, sort: Sort, context: RunContext): Promise<Replicator> {
  const first = mesh.site('a').replicator;
  const loser = await waitFor('one of the two gives way', () => givenWay([first, second]), {
    timeoutMs: 60_000,
    describe: () => `${first.tail()}\n${second.tail()}`,
  });
  const reason = await reasonOf(loser);
  context.log(`${loser === first ? 'the first' : 'the second'} gave way: ${reason}`);
  expectThat('it says why', sorts[sort].test(reason), reason);
  await loser.stop();
  return loser === first ? second : first;
}

/** A second process for site A with the same Redis: only what must differ does. */
async function secondOf(mesh: Mesh, context: RunContext): Promise<Replicator> {
  const { options } = mesh.site('a').replicator;
  const ports = { linkPort: await freePort(), httpPort: await freePort() };
  const second = new Replicator({ ...options, ...ports, folder: join(context.folder, 'second') });
  context.defer(() => second.stop());
  return second;
}

async function copyLog(mesh: Mesh, second: Replicator): Promise<void> {
  const { replicator } = mesh.site('a');
  await replicator.stop();
  cpSync(join(replicator.options.folder, 'log'), join(second.options.folder, 'log'), { recursive: true });
  replicator.start();
  await replicator.ready();
}

async function givenWay(replicators: readonly Replicator[]): Promise<Replicator | undefined> {
  for (const replicator of replicators) {
    if (replicator.exit !== undefined) {
      expectThat('it ends with an exit code of its own', (replicator.exit.code ?? 0) > 0, replicator.exit);
      return replicator;
    }
    const state = (await replicator.tryStatus())?.state;
    if (state === 'superseded' || state === 'resync-required') return replicator;
  }
  return undefined;
}

async function reasonOf(replicator: Replicator): Promise<string> {
  const status: ReplicatorStatus | undefined = await replicator.tryStatus();
  return status?.reason ?? replicator.tail(3);
}
