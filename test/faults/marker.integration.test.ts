/** What users do to the marker: forge it, delete it, flush it away. It comes back, it is told, and nothing is lost. */
import { expect, test } from 'vitest';
import { type Mesh, type RedisServer, Tally, Workload, waitFor } from '../../apps/demo/src/lab/index.ts';
import { assertSame } from '../support/assert-same.ts';
import { showsProblem } from '../support/problems.ts';
import { readyMesh } from '../support/test-mesh.ts';

const markerKey = 'entwine:{0}';

function marker(server: RedisServer): Promise<Record<string, string>> {
  return server.with((client) => client.hgetall(markerKey));
}

/** Traffic at both sites, during which something is done to the marker of A; then everything must be as it should. */
async function underTraffic(mesh: Mesh, act: () => Promise<unknown>): Promise<void> {
  const tally = new Tally();
  const workloads = mesh.sites.map(
    ({ name, master }, seed) => new Workload({ site: name, server: master, seed, tally, rate: 1000 }),
  );
  for (const workload of workloads) workload.start();
  await waitFor('there is traffic', () => workloads.every((workload) => workload.reached(1000)));
  await act();
  const before = workloads.map((workload) => workload.writes);
  await waitFor('traffic goes on', () => workloads.every((one, place) => one.reached((before[place] ?? 0) + 1000)));
  await Promise.all(workloads.map((workload) => workload.stop()));
  await assertSame(mesh.sites, tally);
}

test('deleted under traffic', async () => {
  const mesh = await readyMesh();
  const { master } = mesh.site('a');
  await underTraffic(mesh, () => master.with((client) => client.del(markerKey)));
  const fields = Object.keys(await marker(master));
  expect(fields).toContain('own');
  expect(fields.some((field) => field.startsWith('b/main/'))).toBe(true);
});

test('deleted in silence', async () => {
  const mesh = await readyMesh();
  const { master } = mesh.site('a');
  await master.with((client) => client.del(markerKey));
  await waitFor('it is back', async () => 'own' in (await marker(master)));
  await assertSame(mesh.sites);
});

test.each(['own', 'b/main/forged'])('the field %s forged', async (field) => {
  const mesh = await readyMesh();
  const { master, replicator } = mesh.site('a');
  await underTraffic(mesh, () => master.with((client) => client.hset(markerKey, field, 'o1:9:9:9:x:y:z')));
  const { alarms } = await replicator.status();
  const told = alarms.find((alarm) => alarm.name === 'marker-damaged')?.message;
  expect(told).toContain(`field ${field} of ${markerKey} that does not verify`);
  expect(Object.keys(await marker(master))).not.toContain('b/main/forged');
});

test('a peer field set far ahead is not believed', async () => {
  const mesh = await readyMesh();
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  await b.master.with((client) => client.set('first', '1'));
  await assertSame(mesh.sites);
  const [field, value] = Object.entries(await marker(a.master)).find(([name]) => name.startsWith('b/main/')) ?? [];
  if (field === undefined || value === undefined) throw new Error('there is no field about b');
  const [version, , ...rest] = value.split(':');
  await a.master.with((client) => client.hset(markerKey, field, [version, '999999999', ...rest].join(':')));
  await b.master.with((client) => client.set('second', '2'));
  await assertSame(mesh.sites);
  expect(await a.master.with((client) => client.get('second'))).toBe('2');
});

test('replaced by a string', async () => {
  const mesh = await readyMesh();
  const { master } = mesh.site('a');
  await master.with((client) => client.set(markerKey, 'mine'));
  await waitFor('it is a hash again', async () => (await master.with((client) => client.type(markerKey))) === 'hash');
  await mesh.site('b').master.with((client) => client.set('k', 'v'));
  await assertSame(mesh.sites);
});

test('flushed away with everything: restored, and everything is flushed away everywhere', async () => {
  const mesh = await readyMesh();
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  await b.master.with((client) => client.set('k', 'v'));
  await assertSame(mesh.sites);
  await a.master.with((client) => client.flushall());
  await waitFor('the marker is back', async () => Object.keys(await marker(a.master)).length >= 2);
  await b.master.with((client) => client.set('after', 'the flush'));
  await waitFor(
    'what comes later arrives',
    async () => (await a.master.with((client) => client.get('after'))) !== null,
  );
  expect(await b.master.with((client) => client.get('k'))).toBeNull();
  expect((await a.replicator.status()).untranslated).toEqual({});
  await showsProblem(a.replicator, /running/);
});
