/**
 * A replicator that is away, and a limit on what the other remembers for it: at the limit capturing waits, applications go on, and when
 * it is back both sites take in what both have written.
 */
import { configOf, pause, waitFor } from '../../apps/demo/src/lab/index.ts';
import { assertSame } from '../support/assert-same.ts';
import { expectSame, expectThat } from '../support/expect-that.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';
import { writeDistinct } from '../support/write-distinct.ts';

const limits = { maxWindowBytes: 4 * 1024 * 1024 };
/** After so long a peer that says nothing counts as away, ms. */
const awayMs = 8000;

export const peerAway: Scenario = {
  name: 'peer-away',
  title: 'a peer away: what is remembered for it has a limit, where capturing waits; nothing is lost when it is back',
  ciRuns: 1,
  fullRuns: 3,
  run,
};

async function run(context: RunContext): Promise<Figures> {
  const mesh = await context.prepare({ names: ['a', 'b'] });
  for (const { replicator } of mesh.sites) replicator.configure({ ...configOf(replicator.options), limits });
  await mesh.startReplicators();
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  await writeDistinct(a.master, 'before', 100);
  await assertSame(mesh.sites);
  await b.replicator.kill();
  await pause(awayMs);
  const count = context.full ? 200_000 : 20_000;
  await writeDistinct(a.master, 'first', count);
  await waitFor(
    'capturing waits',
    async () => {
      const { alarms } = await a.replicator.status();
      return alarms.some(
        ({ name, active, message }) =>
          name === 'window-full' && active && /capturing waits, .*Bring b back/.test(message),
      );
    },
    { describe: () => a.replicator.tail(10) },
  );
  const full = await a.replicator.status();
  expectThat('it waits before it has read everything', full.capturedUnits < count, full.capturedUnits);
  expectSame('who holds the window', full.window.heldBy?.site, 'b');
  expectSame('readiness meanwhile', await a.replicator.readiness(), 200);
  await Promise.all([writeDistinct(a.master, 'second', count / 4), writeDistinct(b.master, 'theirs', count / 4)]);
  await pause(2000);
  const later = await a.replicator.status();
  expectSame('units captured since', later.capturedUnits, full.capturedUnits);
  expectSame('bytes remembered since', later.window.bytes, full.window.bytes);
  b.replicator.start();
  await b.replicator.ready();
  const same = await assertSame(mesh.sites);
  await waitFor('it has passed', async () => {
    const { alarms, window } = await a.replicator.status();
    return window.heldBy === null && alarms.every(({ name, active }) => name !== 'window-full' || !active);
  });
  expectSame('units captured in the end', (await a.replicator.status()).capturedUnits, 100 + count + count / 4);
  return { capturedWhileAway: full.capturedUnits - 100, bytesRemembered: full.window.bytes, ...same };
}
