/**
 * The servers of sites, once every replica has what its master had when this was asked.
 */
import type { RedisServer } from './redis-server.ts';
import type { Site } from './site.ts';
import { waitFor } from './wait.ts';

/** Masters and replicas; returns when the replicas are in step. */
export async function serversInStep(sites: readonly Site[]): Promise<RedisServer[]> {
  const servers: RedisServer[] = [];
  for (const { master, replica } of sites) {
    servers.push(master);
    if (replica === undefined) continue;
    const end = await master.offset();
    await waitFor(`${replica.name} is in step`, async () => (await replica.offset()) >= end);
    servers.push(replica);
  }
  return servers;
}
