/**
 * The end of most scenarios: the sites settle, hold the same data at masters and replicas, and exact counters.
 */
import { compareServers, type Site, serversInStep, settled, type Tally } from '../../apps/demo/src/lab/index.ts';
import type { Figures } from './scenario.ts';

/** What one site asks of another in the end, and is answered, comes after they have settled: so long they may differ. */
const patienceMs = 10_000;

/** Throws with the differences in words; returns what was compared. */
export async function assertSame(sites: readonly Site[], tally?: Tally, timeoutMs = 90_000): Promise<Figures> {
  await settled(sites, timeoutMs);
  const servers = await serversInStep(sites);
  const deadline = performance.now() + patienceMs;
  let comparison = await compareServers(servers);
  while (comparison.differing > 0 && performance.now() < deadline) {
    await settled(sites, timeoutMs);
    comparison = await compareServers(await serversInStep(sites));
  }
  const checks = tally === undefined ? [] : await Promise.all(servers.map((server) => tally.check(server)));
  const wrong = checks.flatMap((check) => check.wrong);
  if (comparison.differing + wrong.length > 0) {
    const lines = [...wrong, ...comparison.differences];
    throw new Error(`${comparison.differing} keys differ, ${wrong.length} counters are wrong:\n${lines.join('\n')}`);
  }
  const { keys, elements, expiries } = comparison;
  return { keys, elements, expiries, counters: checks[0]?.counters ?? 0, counted: checks[0]?.found ?? 0 };
}
