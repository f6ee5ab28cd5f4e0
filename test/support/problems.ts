/** How a replicator shows that something is wrong and being tried again. */
import { type Replicator, waitFor } from '../../apps/demo/src/lab/index.ts';

/** What a person can read of it: reason, active alarms, states of links. */
export async function problemsOf(replicator: Replicator): Promise<string> {
  const status = await replicator.tryStatus();
  if (status === undefined) return '';
  const alarms = status.alarms.filter((alarm) => alarm.active).map((alarm) => `${alarm.name}: ${alarm.message}`);
  const links = status.peers.flatMap((peer) =>
    peer.links.map((link) => `link ${link.direction} ${link.peer} ${link.state}: ${link.detail}`),
  );
  return [status.state, status.reason, ...alarms, ...links].join('\n');
}

/** Waits until its status shows a problem that matches. */
export async function showsProblem(replicator: Replicator, problem: RegExp): Promise<void> {
  let seen = '';
  await waitFor(
    `replicator ${replicator.site} shows ${problem}`,
    async () => {
      seen = await problemsOf(replicator);
      return problem.test(seen);
    },
    { describe: () => `${seen}\n${replicator.tail()}` },
  );
}
