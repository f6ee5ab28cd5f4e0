/**
 * Two replicators of one site run by mistake, the second with a log of its own or with a copy of the first one's:
 * nothing counts twice, one of them goes on, and the other says why it does not.
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

export const twoReplicators: Scenario = {
  name: 'two-replicators',
  title:
    'two replicators of one site by mistake, with another log or a copied one: nothing counts twice, one gives way',
  ciRuns: 2,
  fullRuns: 6,
  run: (context) => run(context, context.seed % 2 === 0 ? 'another log' : 'a copied log'),
};

async function run(context: RunContext, sort: 'another log' | 'a copied log'): Promise<Figures> {
  const mesh = await context.start({ names: ['a', 'b'] });
  const tally = new Tally();
  const workloads = mesh.sites.map(
    ({ name, master }, place) =>
      new Workload({ site: name, server: master, seed: context.seed + place, tally, rate: 1000 }),
  );
  for (const workload of workloads) workload.start();
  await waitFor('there is traffic', () => workloads.every((workload) => workload.reached(1000)));
  const second = await startSecond(mesh, context, sort);
  const first = mesh.site('a').replicator;
  const loser = await waitFor('one of the two gives way', () => givenWay([first, second]), {
    timeoutMs: 60_000,
    describe: () => `${first.tail()}\n${second.tail()}`,
  });
  const reason = await reasonOf(loser);
  context.log(`${loser === first ? 'the first' : 'the second'} gave way: ${reason}`);
  expectThat('it says why', /replicator|resync|superseded/i.test(reason), reason);
  const before = workloads.map((workload) => workload.writes);
  await waitFor('traffic goes on', () =>
    workloads.every((workload, place) => workload.reached((before[place] ?? 0) + 1000)),
  );
  await Promise.all(workloads.map((workload) => workload.stop()));
  await loser.stop();
  const winner = loser === first ? second : first;
  const sites = mesh.sites.map((site) => (site.name === 'a' ? { ...site, replicator: winner } : site));
  const same = await assertSame(sites, tally);
  return { sort, gaveWay: loser === first ? 'first' : 'second', ...same };
}

/** A second process for site A, with the same Redis and link port: only what must differ does. */
async function startSecond(mesh: Mesh, context: RunContext, sort: 'another log' | 'a copied log'): Promise<Replicator> {
  const { options } = mesh.site('a').replicator;
  const folder = join(context.folder, 'second');
  const second = new Replicator({ ...options, folder, linkPort: await freePort(), httpPort: await freePort() });
  if (sort === 'a copied log') {
    await mesh.site('a').replicator.stop();
    cpSync(join(options.folder, 'log'), join(folder, 'log'), { recursive: true });
    mesh.site('a').replicator.start();
    await mesh.site('a').replicator.ready();
  }
  context.defer(() => second.stop());
  second.start();
  context.log(`a second replicator of site a runs with ${sort}`);
  return second;
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
