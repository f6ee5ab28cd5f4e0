/** Cases in simulated worlds: the plays that are run on real servers too, each under many schedules. */
import { hardCases } from '../hard-cases/cases.ts';
import { stories } from '../stories/cases.ts';
import type { Case } from '../support/case.ts';
import { SimStage } from './sim-stage.ts';
import { SimWorld } from './sim-world.ts';

const all: readonly Case[] = [...hardCases, ...stories];

/** Every case that needs nothing which only real servers have. */
export const simulatedCases: readonly Case[] = all.filter(({ onlyLive }) => onlyLive === undefined);

/** Those that do, and what that is. */
export const liveCases: readonly Case[] = all.filter(({ onlyLive }) => onlyLive !== undefined);

/** Plays a case under the schedule of a seed. @throws when it does not hold, or a shard stopped */
export async function playInWorld({ own, eviction, run }: Case, seed: number): Promise<void> {
  const sites = own?.names?.length ?? 3;
  const world = new SimWorld({
    seed,
    sites,
    without: new Set(['more']),
    ...(eviction !== undefined && { shard: { eviction } }),
  });
  for (const site of world.sites) {
    if (own?.withReplicas === true) site.servers.addReplica();
    site.start();
  }
  await world.rest();
  await run(new SimStage(world, ''));
  const halts = world.sites.flatMap((site) => site.halts.map((halt) => `${site.name} ${halt}`));
  if (halts.length > 0) throw new Error(halts.join('; '));
}
