/**
 * Clocks that are wrong, of three sites that all write: one that is ten minutes ahead, or one that steps back by an hour amid
 * traffic. Who is too far ahead waits, the others go on; nothing is lost, and in the end all sites are equal.
 */
import { expiryGraceMs } from '@entwine/core';
import { configOf, type Mesh, pause, type Site, Tally, Workload, waitFor } from '../../apps/demo/src/lab/index.ts';
import { appliedFrom } from '../support/applied.ts';
import { assertSame } from '../support/assert-same.ts';
import { expectSame, expectThat } from '../support/expect-that.ts';
import { OtherClock } from '../support/other-clock.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';

const minute = 60_000;
const names = ['a', 'b', 'c'];

/** What is played, one in each run. */
const sorts = { 'ten minutes ahead': ahead, 'an hour back': back } as const;
type Sort = keyof typeof sorts;

export const clockDrift: Scenario = {
  name: 'clock-drift',
  title: 'a clock ten minutes ahead, or stepping back by an hour: told, held, nothing lost, sites equal in the end',
  ciRuns: 2,
  fullRuns: 6,
  run: async (context) => {
    const all = Object.keys(sorts) as Sort[];
    const sort = all[context.seed % all.length] ?? 'ten minutes ahead';
    return { sort, ...(await sorts[sort](context)) };
  },
};

async function ahead(context: RunContext): Promise<Figures> {
  const mesh = await context.prepare({ names });
  const clock = new OtherClock(mesh.site('c').replicator.options.folder);
  clock.set(40_000);
  for (const { name, replicator } of mesh.sites) replicator.start(name === 'c' ? clock.env : {});
  await Promise.all(mesh.sites.map(({ replicator }) => replicator.ready()));
  const tally = new Tally();
  const traffic = startTraffic(mesh, context, tally);
  const [a, b, c] = names.map((name) => mesh.site(name)) as [Site, Site, Site];
  await alarmAt(c, 'clock-wall-ahead', /clock is (39|40) s ahead of that of every site/);
  for (const site of [a, b]) await alarmAt(site, 'clock-logical-ahead', /these sites are ahead: c/);
  await set(c, 'early');
  for (const site of [a, b]) await holds(site, 'early');
  context.log('40 seconds ahead: all are told, nobody waits');
  clock.set(10 * minute);
  for (const site of [a, b])
    await alarmAt(site, 'clock-ahead-c', /since .* c writes is not taken: its clock is (59|60)\d s ahead/);
  context.log('10 minutes ahead: a and b hold what c writes');
  const before = await Promise.all([a, b].map(appliedOfC));
  const reached = traffic.map((workload) => workload.writes + (context.full ? 10_000 : 1_500));
  await waitFor('all go on writing', () => traffic.every((workload, place) => workload.reached(reached[place] ?? 0)));
  for (const site of mesh.sites) await set(site, `only:${site.name}`);
  for (const [from, to] of [
    [a, b],
    [b, a],
    [a, c],
    [b, c],
  ] as const)
    await holds(to, `only:${from.name}`);
  for (const [place, site] of [a, b].entries()) {
    const status = await site.replicator.status();
    expectSame(`entries of c applied at ${site.name} since`, appliedFrom(status, 'c'), before[place]);
    expectSame(`quarantine of c at ${site.name}`, status.origins.find(({ site: of }) => of === 'c')?.quarantined, true);
    expectSame(`what c wrote, at ${site.name}`, await site.master.with((client) => client.exists('only:c')), 0);
    const metrics = await site.replicator.metrics();
    expectSame(`quarantine of c in the metrics of ${site.name}`, metrics.get('entwine_quarantined{site="c"}'), 1);
  }
  for (const site of [a, b]) await restart(site, { maxClockDriftMs: 15 * minute });
  context.log('a and b take entries up to 15 minutes ahead');
  for (const site of [a, b]) await holds(site, 'only:c');
  await Promise.all(traffic.map((workload) => workload.stop()));
  return { writes: writesOf(traffic), ...(await sameInTheEnd(mesh, tally, context)) };
}

async function back(context: RunContext): Promise<Figures> {
  const mesh = await context.prepare({ names });
  const b = mesh.site('b');
  const clock = new OtherClock(b.replicator.options.folder);
  for (const { name, replicator } of mesh.sites) replicator.start(name === 'b' ? clock.env : {});
  await Promise.all(mesh.sites.map(({ replicator }) => replicator.ready()));
  const tally = new Tally();
  const traffic = startTraffic(mesh, context, tally);
  const part = context.full ? 10_000 : 2_000;
  await waitFor('there is traffic', () => traffic.every((workload) => workload.reached(part)));
  await b.master.with((client) => client.set('last', 'before'));
  await everywhere(mesh, 'last', 'before');
  clock.set(-60 * minute);
  await alarmAt(b, 'clock-logical-ahead', /36\d\d s ahead|35\d\d s ahead/);
  for (const name of ['a', 'c'])
    await alarmAt(b, `clock-ahead-${name}`, /Put the clock of . right, or ours if it is behind/);
  context.log('b has stepped back by an hour, and holds what the others write');
  await b.master.with((client) => client.set('last', 'after'));
  for (const site of [mesh.site('a'), mesh.site('c')]) {
    await waitFor(`${site.name} has what b wrote last`, () =>
      site.master.with(async (client) => (await client.get('last')) === 'after'),
    );
  }
  await waitFor('traffic goes on', () => traffic.every((workload) => workload.reached(2 * part)));
  // Its clock stays wrong.
  await restart(b, { maxClockDriftMs: 90 * minute }, clock.env);
  await alarmAt(b, 'clock-logical-ahead', /./);
  await Promise.all(traffic.map((workload) => workload.stop()));
  const same = await sameInTheEnd(mesh, tally, context);
  await everywhere(mesh, 'last', 'after');
  return { writes: writesOf(traffic), ...same };
}

/** What was held beyond its expiry lives for the grace that late expiries have: sites may differ in such keys until then. */
async function sameInTheEnd({ sites }: Mesh, tally: Tally, context: RunContext): Promise<Figures> {
  try {
    return await assertSame(sites, tally);
  } catch (error) {
    context.log(`not yet: ${(error as Error).message}`);
    await pause(expiryGraceMs);
    return assertSame(sites, tally);
  }
}

/** Entries of site c that a site had applied when it had settled all that it took. */
async function appliedOfC({ name, replicator }: Site): Promise<number> {
  return waitFor(`${name} has settled what it took of c`, async () => {
    const status = await replicator.status();
    const ofC = status.origins.find(({ site }) => site === 'c');
    return ofC?.received === ofC?.settled && status.pending.inbox === 0 ? appliedFrom(status, 'c') : undefined;
  });
}

function startTraffic(mesh: Mesh, { seed }: RunContext, tally: Tally): readonly Workload[] {
  const traffic = mesh.sites.map(
    ({ name, master }, place) => new Workload({ site: name, server: master, seed: seed + place, tally, rate: 500 }),
  );
  for (const workload of traffic) workload.start();
  return traffic;
}

function writesOf(traffic: readonly Workload[]): number {
  return traffic.reduce((sum, workload) => sum + workload.writes, 0);
}

async function restart(
  site: Site,
  limits: Readonly<Record<string, number>>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { replicator } = site;
  await replicator.stop();
  replicator.configure({ ...configOf(replicator.options), limits });
  replicator.start(env);
  await replicator.ready();
}

async function alarmAt({ name: site, replicator }: Site, name: string, says: RegExp): Promise<void> {
  await waitFor(
    `${site} raises ${name}`,
    async () => {
      const alarm = (await replicator.tryStatus())?.alarms.find((one) => one.name === name && one.active);
      if (alarm !== undefined)
        expectThat(`${name} of ${site} says what it should`, says.test(alarm.message), alarm.message);
      return alarm !== undefined;
    },
    { describe: () => replicator.tail(10) },
  );
}

async function set({ master }: Site, key: string): Promise<void> {
  await master.with((client) => client.set(key, 'x'));
}

async function holds({ name, master }: Site, key: string): Promise<void> {
  await waitFor(`${name} has ${key}`, () => master.with(async (client) => (await client.exists(key)) === 1));
}

async function everywhere(mesh: Mesh, key: string, value: string): Promise<void> {
  for (const { name, master } of mesh.sites)
    await waitFor(`${name} has ${key} ${value}`, () =>
      master.with(async (client) => (await client.get(key)) === value),
    );
}
