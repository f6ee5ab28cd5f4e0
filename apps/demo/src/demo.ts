/**
 * The demo: two sites on this machine, mixed traffic at both, the link between them cut for a while, healed, and
 * everything compared in the end. It starts nothing that outlives it and writes nowhere but in a temporary folder.
 */
import {
  compareServers,
  type Mesh,
  pause,
  type Site,
  serversInStep,
  settled,
  startMesh,
  Tally,
  temporaryFolder,
  Workload,
  waitFor,
} from './lab/index.ts';
import { LagProbe } from './lag-probe.ts';
import type { Narrator } from './narrator.ts';
import { type Outcome, report, succeeded } from './report.ts';

export interface DemoOptions {
  readonly seed: number;
  /** Writes per second at each site, about. */
  readonly rate: number;
  /** Milliseconds of traffic before the cut, during it, and after it. */
  readonly phases: readonly [number, number, number];
}

/** Runs the demo; true when nothing differs and every counter is exact. */
export async function demo(options: DemoOptions, narrator: Narrator): Promise<boolean> {
  narrator.say(`starting two sites: each a Redis master, a replica and a replicator (seed ${options.seed})`);
  const mesh = await startMesh({ names: ['a', 'b'], folder: temporaryFolder('demo') });
  for (const site of mesh.sites) {
    narrator.say(`site ${site.name}: Redis at ${site.master.endpoint}, replica at ${site.replica?.endpoint}`);
  }
  try {
    const outcome = await run(mesh, options, narrator);
    narrator.print(report(outcome));
    return succeeded(outcome);
  } finally {
    narrator.live('');
    await mesh.stop();
  }
}

async function run(mesh: Mesh, options: DemoOptions, narrator: Narrator): Promise<Outcome> {
  const tally = new Tally();
  const workloads = mesh.sites.map(
    ({ name, master }, place) =>
      new Workload({ site: name, server: master, seed: options.seed + place, tally, rate: options.rate }),
  );
  const probe = new LagProbe(mesh.site('a').master, mesh.site('b').master);
  const ticker = setInterval(() => narrator.live(progress(workloads)), 200);
  try {
    await traffic(mesh, workloads, probe, options, narrator);
  } finally {
    clearInterval(ticker);
    narrator.live('');
  }
  narrator.say('traffic has stopped; waiting until the sites have told each other everything');
  await settled(mesh.sites);
  narrator.say('settled; comparing every key, type, element and expiry');
  const servers = await serversInStep(mesh.sites);
  return {
    writes: new Map(workloads.map((workload) => [workload.site, workload.writes])),
    conflicts: await conflicts(mesh.sites),
    lags: probe.lags,
    counters: await Promise.all(servers.map((server) => tally.check(server))),
    comparison: await compareServers(servers),
    servers: servers.length,
  };
}

async function traffic(
  mesh: Mesh,
  workloads: readonly Workload[],
  probe: LagProbe,
  options: DemoOptions,
  narrator: Narrator,
): Promise<void> {
  const [before, during, after] = options.phases;
  narrator.say('mixed traffic at both sites, a third of it on keys that both write');
  for (const workload of workloads) workload.start();
  probe.start();
  await pause(before);
  await probe.stop();
  narrator.say(`cutting the link for ${during / 1000} s; both sites write on`);
  for (const link of mesh.links('a', 'b')) link.cut();
  await pause(during);
  for (const link of mesh.links('a', 'b')) link.heal();
  const healed = performance.now();
  narrator.say('the link is back');
  await caughtUp(mesh);
  narrator.say(`caught up ${((performance.now() - healed) / 1000).toFixed(1)} s after that, under traffic`);
  probe.start();
  await pause(Math.max(0, after - (performance.now() - healed)));
  await probe.stop();
  await Promise.all(workloads.map((workload) => workload.stop()));
}

/** Each site has applied what the other had flushed when this was asked. */
async function caughtUp(mesh: Mesh): Promise<void> {
  const statuses = await Promise.all(mesh.sites.map((site) => site.replicator.status()));
  for (const { origin, seq } of statuses) {
    await waitFor(`what ${origin} wrote has arrived`, async () => {
      const others = await Promise.all(mesh.sites.map((site) => site.replicator.status()));
      const views = others.flatMap((status) => status.origins.filter((view) => view.origin === origin));
      return views.length > 0 && views.every((view) => view.settled >= seq.flushed);
    });
  }
}

async function conflicts(sites: readonly Site[]): Promise<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const site of sites) {
    const status = await site.replicator.status();
    for (const [kind, count] of Object.entries(status.conflicts)) {
      // It is counted where it was won.
      if (!kind.endsWith('/local-lost')) total[kind] = (total[kind] ?? 0) + count;
    }
  }
  return total;
}

function progress(workloads: readonly Workload[]): string {
  return workloads.map(({ site, writes }) => `site ${site}: ${writes.toLocaleString('en-US')} writes`).join('   ');
}
