/**
 * A batch is held back on its way to Redis until the replicator has given it up and sent it again; then its first copy
 * arrives as well. Nothing may count twice.
 */
import { type Mesh, Tally, Workload, waitFor } from '../../apps/demo/src/lab/index.ts';
import { assertSame } from '../support/assert-same.ts';
import { expectSame, expectThat } from '../support/expect-that.ts';
import type { Scenario } from '../support/scenario.ts';

const counter = 'c:late';

export const lateDuplicate: Scenario = {
  name: 'late-duplicate',
  title: 'a batch resent after a timeout while its first copy is still on its way: nothing counts twice',
  ciRuns: 1,
  fullRuns: 5,
  run: async (context) => {
    const mesh = await context.start({ names: ['a', 'b'], applyThroughProxy: ['a'] });
    const tally = new Tally();
    const workload = new Workload({ site: 'b', server: mesh.site('b').master, seed: context.seed, tally, rate: 500 });
    workload.start();
    await waitFor('there is traffic', () => workload.reached(500));
    const lateBytes = await duplicate(mesh, tally, context.log);
    await workload.stop();
    const same = await assertSame(mesh.sites, tally);
    return { lateBytes, writes: workload.writes, ...same };
  },
};

/** Holds back the batch that carries an increment from B to A, and lets it go when its copy has been applied. */
async function duplicate(mesh: Mesh, tally: Tally, log: (line: string) => void): Promise<number> {
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  const proxy = a.applyProxy;
  if (proxy === undefined) throw new Error('site a writes without a proxy');
  const caught = proxy.hold(proxy.outward, (chunk) => chunk.includes(counter));
  await b.master.with((client) => client.incrby(counter, 7));
  tally.add(counter, 7);
  const held = await caught;
  log('a batch is held back');
  const atA = (): Promise<string | null> => a.master.with((client) => client.get(counter));
  expectSame('the counter while its batch is held back', await atA(), null);
  await waitFor('the batch is sent again and applied', async () => (await atA()) === '7', { timeoutMs: 60_000 });
  const lateBytes = held.bytes;
  expectThat('the first copy is still on its way', lateBytes > 0, lateBytes);
  log(`its copy has been applied; delivering ${lateBytes} late bytes`);
  held.release();
  await waitFor('the late copy has been delivered', () => held.over);
  expectSame('the counter after the late copy', await atA(), '7');
  return lateBytes;
}
