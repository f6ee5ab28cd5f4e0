/**
 * Watching that a quiet system stays quiet: for a while nothing is written to the servers but the replicators' own
 * bookkeeping, and nothing is captured or applied.
 */
import type { Redis } from 'ioredis';
import { pause, readKeyspace, type Site, waitFor } from '../../apps/demo/src/lab/index.ts';
import { correctionsOf } from './applied.ts';
import { expectSame, expectThat } from './expect-that.ts';
import type { Figures } from './scenario.ts';
import { StreamTail } from './stream-tail.ts';

/** Commands that a stream may hold while nobody writes, besides writes to the bookkeeping's own keys. */
const bookkeeping: ReadonlySet<string> = new Set(['PING', 'REPLCONF', 'SELECT', 'MULTI', 'EXEC']);

/** Waits until no site holds a key that expires within the time given: its end would be a write. */
export async function nothingExpires(sites: readonly Site[], withinMs: number): Promise<void> {
  await waitFor(
    'no key is about to expire',
    async () => {
      const until = Date.now() + withinMs;
      for (const { master } of sites) if (await master.with((client) => expiresBefore(client, until))) return false;
      return true;
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
}

async function expiresBefore(client: Redis, until: number): Promise<boolean> {
  for await (const { expiry } of readKeyspace(client)) if (expiry >= 0 && expiry < until) return true;
  return false;
}

/** Watches for so long; throws when anything but heartbeats and bookkeeping moves. */
export async function assertSilence(sites: readonly Site[], ms: number): Promise<Figures> {
  const strange: string[] = [];
  let marks = 0;
  const tails: StreamTail[] = [];
  for (const site of sites) {
    const onCommand = (command: string[]): void => {
      if (bookkeeping.has((command[0] ?? '').toUpperCase())) return;
      if (command[1]?.startsWith('entwine:{')) marks += 1;
      else strange.push(`${site.name}: ${command.join(' ').slice(0, 100)}`);
    };
    tails.push(await StreamTail.commands(site.master, onCommand));
  }
  const before = await activity(sites);
  await pause(ms);
  const after = await activity(sites);
  for (const tail of tails) tail.close();
  expectThat('nothing but bookkeeping is written in silence', strange.length === 0, strange.slice(0, 10));
  expectSame('what is captured, applied and corrected in silence', after.data, before.data);
  expectThat('heartbeats go on', after.heartbeats > before.heartbeats);
  return { silentMs: ms, bookkeepingWrites: marks, heartbeats: after.heartbeats - before.heartbeats };
}

async function activity(sites: readonly Site[]): Promise<{ data: string; heartbeats: number }> {
  const statuses = await Promise.all(sites.map((site) => site.replicator.status()));
  const data = statuses.map((status) => [
    `site ${status.site}: captured ${status.capturedUnits}, corrected ${correctionsOf(status)}`,
    ...status.origins.map((origin) => `${origin.appliedEntries} applied from ${origin.site}`),
  ]);
  return { data: data.flat().join(', '), heartbeats: statuses.reduce((sum, status) => sum + status.heartbeats, 0) };
}
