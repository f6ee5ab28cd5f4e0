/** SIGTERM: what was read is committed, the exit code is 0, and it takes less than 5 s; the next start continues. */
import { expect, test } from 'vitest';
import { Tally, Workload, waitFor } from '../../apps/demo/src/lab/index.ts';
import { assertSame } from '../support/assert-same.ts';
import { readyMesh } from '../support/test-mesh.ts';

test('under load', async () => {
  const mesh = await readyMesh({ withReplicas: true });
  const tally = new Tally();
  const workloads = mesh.sites.map(
    ({ name, master }, seed) => new Workload({ site: name, server: master, seed, tally, rate: 2000 }),
  );
  for (const workload of workloads) workload.start();
  for (const { replicator } of mesh.sites) {
    const before = workloads.map((workload) => workload.writes);
    await waitFor('there is traffic', () => workloads.every((one, place) => one.reached((before[place] ?? 0) + 2000)));
    const started = performance.now();
    expect(await replicator.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - started).toBeLessThan(5000);
    replicator.start();
    await replicator.ready();
    expect((await replicator.status()).attached).toBe('continue');
  }
  await Promise.all(workloads.map((workload) => workload.stop()));
  await assertSame(mesh.sites, tally);
});

test('while its Redis and its peer are away', async () => {
  const mesh = await readyMesh();
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  await b.replicator.kill();
  await a.master.kill();
  const started = performance.now();
  expect(await a.replicator.stop()).toEqual({ code: 0, signal: null });
  expect(performance.now() - started).toBeLessThan(5000);
});
