/**
 * Sites whose servers are of different products and versions: in step under traffic, also when their replicators are
 * killed. A pair is skipped where `npm run servers` has not built it.
 */
import { describe, expect, test } from 'vitest';
import { type Mesh, Tally, Workload, waitFor } from '../../apps/demo/src/lab/index.ts';
import { assertSame } from '../support/assert-same.ts';
import { isBuilt, whetherBuilt } from '../support/is-built.ts';
import { preparedMesh } from '../support/test-mesh.ts';

/** Every version meets another product and another version. */
const pairs = [
  ['redis-7', 'redis-8'],
  ['redis-7', 'valkey-9'],
  ['redis-8', 'valkey-9'],
  ['valkey-8', 'valkey-9'],
  ['redis-8', 'valkey-8'],
] as const;

describe.each(pairs)('%s and %s', (a, b) => {
  test.skipIf(![a, b].every(isBuilt))(`stay in step, ${whetherBuilt(a, b)}`, async () => {
    const mesh = await preparedMesh({ servers: { a, b }, withReplicas: true });
    for (const [name, server] of [
      ['a', a],
      ['b', b],
    ] as const)
      expect(await serverOf(mesh, name)).toBe(server);
    await mesh.startReplicators();
    const tally = new Tally();
    const workloads = mesh.sites.map(
      ({ name, master }, seed) => new Workload({ site: name, server: master, seed, tally, rate: 1000 }),
    );
    for (const workload of workloads) workload.start();
    const underway = (writes: number): Promise<unknown> => {
      const goals = workloads.map((workload) => workload.writes + writes);
      return waitFor('traffic', () => workloads.every((workload, place) => workload.reached(goals[place] ?? 0)));
    };
    await underway(1000);
    for (const { replicator } of mesh.sites) {
      await replicator.kill();
      replicator.start();
    }
    await underway(1000);
    await Promise.all(workloads.map((workload) => workload.stop()));
    await assertSame(mesh.sites, tally);
  });
});

/** What a site's master says it is, as `redis-8` or `valkey-9`. */
async function serverOf(mesh: Mesh, site: string): Promise<string> {
  const info = await mesh.site(site).master.info('server');
  const valkey = info.get('valkey_version');
  return valkey === undefined ? `redis-${info.get('redis_version')?.[0]}` : `valkey-${valkey[0]}`;
}
