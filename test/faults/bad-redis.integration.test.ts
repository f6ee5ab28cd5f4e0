/** A local Redis that refuses, is none, or goes away: shown with its reason, tried again, and no entry lost. */
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { configOf, freePort, settled, Tally, Workload, waitFor } from '../../apps/demo/src/lab/index.ts';
import { assertSame } from '../support/assert-same.ts';
import { showsProblem } from '../support/problems.ts';
import { afterwards, preparedMesh, readyMesh } from '../support/test-mesh.ts';

test('a wrong password is named, not printed, and retried until it is right', async () => {
  const mesh = await preparedMesh();
  const { master, replicator } = mesh.site('a');
  await master.with((client) => client.config('SET', 'requirepass', 'the right one'));
  const redis = { ...replicator.options.redis, password: 'not-the-right-one' };
  replicator.configure(configOf({ ...replicator.options, redis }));
  replicator.start();
  await showsProblem(replicator, /WRONGPASS|password/i);
  expect(await replicator.readiness()).toBe(503);
  expect(replicator.tail(1000)).not.toContain('not-the-right-one');
  await master.with((client) => client.config('SET', 'requirepass', 'not-the-right-one'), {
    password: 'the right one',
  });
  await replicator.ready();
});

test('something that is no Redis is named as such', async () => {
  const port = await freePort();
  const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));
  await new Promise<void>((resolve) => web.listen(port, '127.0.0.1', resolve));
  afterwards(() => web.close());
  const { replicator } = (await preparedMesh()).site('a');
  replicator.configure(configOf({ ...replicator.options, redis: { endpoints: [`127.0.0.1:${port}`] } }));
  replicator.start();
  await showsProblem(replicator, /not.*redis|unexpected|HTTP/i);
  expect(await replicator.readiness()).toBe(503);
});

test('nobody at the address: retried until there is', async () => {
  const mesh = await preparedMesh();
  const { master, replicator } = mesh.site('a');
  await master.stop();
  replicator.start();
  await showsProblem(replicator, new RegExp(`${master.port}`));
  expect(await replicator.readiness()).toBe(503);
  await master.restart();
  await replicator.ready();
});

test('a replica whose master is dead: not ready, and says so', async () => {
  const mesh = await preparedMesh({ withReplicas: true });
  const { master, replica, replicator } = mesh.site('a');
  await master.kill();
  replicator.start();
  await showsProblem(replicator, /master/i);
  expect(await replicator.readiness()).toBe(503);
  await master.restart();
  await waitFor('the replica is in step', async () => {
    return (await replica?.info('replication'))?.get('master_link_status') === 'up';
  });
  await replicator.ready();
});

test('the master goes away in mid-stream and comes back with its data: nothing is lost', async () => {
  const mesh = await readyMesh({ withReplicas: true, redisArgs: ['--save', '3600 1000000'] });
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  const tally = new Tally();
  const workloads = [a, b].map(
    ({ name, master }, seed) => new Workload({ site: name, server: master, seed, tally, rate: 1000 }),
  );
  for (const workload of workloads) workload.start();
  await waitFor('there is traffic', () => workloads.every((workload) => workload.reached(1000)));
  await workloads[0]?.stop();
  await a.master.with((client) => client.call('SAVE'));
  await a.master.stop();
  await showsProblem(a.replicator, new RegExp(`${a.master.port}|master|unreachable`, 'i'));
  const reached = workloads[1]?.writes ?? 0;
  await waitFor('B writes on', () => workloads[1]?.reached(reached + 1000));
  await a.master.restart();
  await a.replicator.ready(60_000);
  await workloads[1]?.stop();
  await assertSame(mesh.sites, tally);
});

test('a master that comes back empty deletes nothing elsewhere: resync is required, and said', async () => {
  const mesh = await readyMesh();
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  await a.master.with((client) => client.set('kept', 'at B'));
  await settled(mesh.sites);
  await a.master.kill();
  await a.master.restart();
  await showsProblem(a.replicator, /resync-required/);
  expect(await a.replicator.readiness()).toBe(503);
  await b.master.with((client) => client.set('more', 'at B'));
  expect(await b.master.with((client) => client.get('kept'))).toBe('at B');
});

test('data at the first start: resync is required, nothing is shipped', async () => {
  const mesh = await preparedMesh();
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  await a.master.with((client) => client.set('old', 'data'));
  a.replicator.start();
  b.replicator.start();
  await b.replicator.ready();
  await showsProblem(a.replicator, /resync-required/);
  expect(await b.master.with((client) => client.exists('old'))).toBe(0);
});
