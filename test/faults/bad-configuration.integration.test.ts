/** Configurations that can't work: refused at once, with what is wrong, and with nothing started. */
import { exitCodes } from '@entwine/replicator';
import { expect, test } from 'vitest';
import { configOf, type ReplicatorOptions } from '../../apps/demo/src/lab/index.ts';
import { preparedMesh } from '../support/test-mesh.ts';

type Peer = ReplicatorOptions['peers'][number];

const peer: Peer = { site: 'b', priority: 2, address: '127.0.0.1:7102' };

const cases: [string, Partial<ReplicatorOptions>, RegExp][] = [
  ['the same peer twice', { peers: [peer, { ...peer, priority: 3 }] }, /site "b".*peers/],
  ['two peers of one priority', { peers: [peer, { ...peer, site: 'c' }] }, /priority 2.*taken/],
  ['a peer of our own priority', { peers: [{ ...peer, priority: 1 }] }, /priority 1.*this site/],
  ['ourselves as a peer', { peers: [{ ...peer, site: 'a' }] }, /site "a".*this site itself/],
  ['a site name that is none', { site: 'Not a site' }, /site/],
];

test.each(cases)('%s', async (_title, change, message) => {
  const { replicator } = (await preparedMesh()).site('a');
  replicator.configure(configOf({ ...replicator.options, ...change }));
  replicator.start();
  expect(await replicator.ended()).toEqual({ code: exitCodes.config, signal: null });
  expect(replicator.tail()).toMatch(message);
  expect(replicator.tail()).not.toMatch(/ {2}at .*\.ts/);
});

test('an unknown key is an error that names the nearest known one', async () => {
  const { replicator } = (await preparedMesh()).site('a');
  replicator.configure({ ...configOf(replicator.options), priorty: 1 });
  replicator.start();
  expect((await replicator.ended()).code).toBe(exitCodes.config);
  expect(replicator.tail()).toMatch(/priorty.*priority/s);
});

test('secrets are not printed', async () => {
  const { replicator } = (await preparedMesh()).site('a');
  const secret = 'very-secret-and-long-enough';
  replicator.configure({ ...configOf({ ...replicator.options, secret, token: secret }), priorty: 1 });
  replicator.start();
  await replicator.ended();
  expect(replicator.tail(1000)).not.toContain(secret);
});
