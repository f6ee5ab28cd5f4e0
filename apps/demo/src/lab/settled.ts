/**
 * Waiting until sites have nothing left to tell each other, by what their replicators say.
 *
 * It fails at once when a replicator has ended. It takes for granted that nobody writes any more. It compares no data: that is what `compare` is for.
 */
import type { ReplicatorStatus } from './replicator.ts';
import type { Site } from './site.ts';
import { waitFor } from './wait.ts';

/**
 * Returns when everything written so far has been captured, flushed, applied at and acknowledged by every other site,
 * and when doing so has caused no further entries or corrections.
 */
export async function settled(sites: readonly Site[], timeoutMs = 60_000): Promise<void> {
  let before = '';
  await waitFor(
    'every site has applied what every other wrote',
    async () => {
      await caughtUp(sites, timeoutMs);
      const now = await movement(sites);
      const still = now === before;
      before = now ?? '';
      return still;
    },
    { timeoutMs, everyMs: 50, describe: () => describe(sites) },
  );
}

/** How far a site's own log had come. */
interface Captured {
  readonly origin: string;
  readonly seq: number;
}

/** One round: everything known at its beginning has arrived everywhere at its end. */
async function caughtUp(sites: readonly Site[], timeoutMs: number): Promise<void> {
  const ends = new Map<string, number>();
  for (const site of sites) ends.set(site.name, await site.master.offset());
  const options = { timeoutMs, everyMs: 20, describe: () => describe(sites) };
  const captured = new Map<string, Captured>();
  for (const site of sites) {
    const end = ends.get(site.name) ?? 0;
    await waitFor(
      `site ${site.name} has captured its stream up to ${end}`,
      async () => {
        const status = await statusOf(site);
        if (
          status?.position == null ||
          status.position.offset < end ||
          status.pending.units > 0 ||
          status.pending.inFlight > 0
        )
          return false;
        captured.set(site.name, { origin: status.origin, seq: status.seq.captured });
        return true;
      },
      options,
    );
  }
  await waitFor('every site has applied what was flushed elsewhere', () => arrived(sites, captured), options);
}

async function arrived(sites: readonly Site[], captured: ReadonlyMap<string, Captured>): Promise<boolean> {
  for (const site of sites) {
    const status = await statusOf(site);
    const own = captured.get(site.name);
    if (status === undefined || own === undefined || status.seq.flushed < own.seq) return false;
    for (const [peer, theirs] of captured) {
      if (peer === site.name) continue;
      if (settledUpTo(status, theirs.origin) < theirs.seq || acknowledgedBy(status, peer) < own.seq) return false;
    }
  }
  return true;
}

async function statusOf({ replicator }: Site): Promise<ReplicatorStatus | undefined> {
  if (replicator.exit === undefined) return replicator.tryStatus();
  throw new Error(`replicator ${replicator.site} has ended (${replicator.exit.code}):\n${replicator.tail(10)}`);
}

function settledUpTo(status: ReplicatorStatus, origin: string): number {
  return status.origins.find((candidate) => candidate.origin === origin)?.settled ?? 0;
}

function acknowledgedBy(status: ReplicatorStatus, peer: string): number {
  return status.peers.find((candidate) => candidate.site === peer)?.acknowledged ?? 0;
}

/** What moves only when data moves, not by heartbeats. Undefined while somebody is too busy to say. */
async function movement(sites: readonly Site[]): Promise<string | undefined> {
  const answers = await Promise.all(sites.map(statusOf));
  const statuses = answers.filter((status) => status !== undefined);
  if (statuses.length < sites.length) return undefined;
  return JSON.stringify(
    statuses.map((status) => [
      status.capturedUnits,
      status.corrections,
      status.origins.map((origin) => [origin.site, origin.appliedEntries]),
    ]),
  );
}

async function describe(sites: readonly Site[]): Promise<string> {
  const lines = await Promise.all(
    sites.map(async (site) => {
      const status = await site.replicator.tryStatus();
      const said = status === undefined ? 'no status' : JSON.stringify(status);
      return `${site.name}: master at ${await site.master.offset()}; ${said}\n${site.replicator.tail(10)}`;
    }),
  );
  return lines.join('\n');
}
