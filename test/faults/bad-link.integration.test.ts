/** Peers that should not be let in, and links that break in the wrong place: named, refused or healed, nothing lost. */
import { connect } from 'node:net';
import type { LinkStatus, TransportHost } from '@entwine/core';
import { createDirectTransport, type DirectOptions } from '@entwine/transport-direct';
import { expect, test } from 'vitest';
import {
  configOf,
  freePort,
  Random,
  type Site,
  settled,
  Tally,
  Workload,
  waitFor,
} from '../../apps/demo/src/lab/index.ts';
import { assertSame } from '../support/assert-same.ts';
import { showsProblem } from '../support/problems.ts';
import { afterwards, preparedMesh, readyMesh } from '../support/test-mesh.ts';

const token = 'a token that all sites share';

/** A transport of our own that dials a site as somebody; tells what became of its links. */
async function dialAs(site: Site, change: Partial<DirectOptions>): Promise<LinkStatus[]> {
  const links: LinkStatus[] = [];
  const transport = createDirectTransport({
    site: 'b',
    shard: 'main',
    priority: 2,
    deployment: 'demo',
    entrySchema: { current: 3, oldest: 2 },
    peers: [{ site: 'a', host: '127.0.0.1', port: site.replicator.options.linkPort }],
    security: { kind: 'plain', token },
    ...change,
  });
  const host: TransportHost = {
    origin: `${change.site ?? 'b'}/main/0`,
    readOwn: () => undefined,
    ownRange: () => ({ first: 1, last: 0 }),
    receivedUpTo: () => 0,
    deliver: () => {},
    acknowledged: () => {},
    originAhead: () => {},
    linkChanged: (status) => links.push(status),
  };
  afterwards(() => transport.close());
  await transport.start(host);
  return links;
}

async function refused(links: readonly LinkStatus[]): Promise<string> {
  const status = await waitFor('the link is refused', () => links.find((link) => link.state === 'refused'));
  return status.detail;
}

const strangers: [string, Partial<DirectOptions>, RegExp][] = [
  ['an unknown site', { site: 'x', priority: 9 }, /x is not among the peers of a/],
  ['a site with our own id', { site: 'a', peers: [] }, /a is this site/],
  ['a peer with the wrong token', { security: { kind: 'plain', token: 'another token altogether' } }, /token/],
  ['a peer of another deployment', { deployment: 'other' }, /belongs to deployment other/],
  ['a peer with our priority', { priority: 1 }, /priority/],
  ['a peer that reads another entry schema', { entrySchema: { current: 99, oldest: 99 } }, /schema/],
];

test.each(strangers)('%s is refused by name', async (_title, change, message) => {
  const { sites } = await preparedMesh({ names: ['a', 'b'] });
  const [a] = sites as readonly [Site, ...Site[]];
  a.replicator.start();
  await a.replicator.ready();
  const port = a.replicator.options.linkPort;
  const peers = change.site === 'a' ? [{ site: 'z', host: '127.0.0.1', port }] : undefined;
  const links = await dialAs(a, { ...change, ...(peers === undefined ? {} : { peers }) });
  expect(await refused(links)).toMatch(message);
  expect(await a.replicator.readiness()).toBe(200);
});

test('a peer that writes another entry schema is refused, in our status', async () => {
  const mesh = await preparedMesh();
  const { replicator } = mesh.site('a');
  const port = await freePort();
  const { site, shard, priority, deployment } = { site: 'b', shard: 'main', priority: 2, deployment: 'demo' };
  await dialAs(mesh.site('a'), {
    ...{ site, shard, priority, deployment },
    entrySchema: { current: 99, oldest: 99 },
    listen: { host: '127.0.0.1', port },
  });
  replicator.configure(configOf({ ...replicator.options, peers: [{ site, priority, address: `127.0.0.1:${port}` }] }));
  replicator.start();
  await showsProblem(replicator, /link in b refused.*schema/i);
});

test('a wrong token: shown at both sites, nothing crosses, and all of it does once it is right', async () => {
  const mesh = await preparedMesh();
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  b.replicator.configure(configOf({ ...b.replicator.options, token: 'another token altogether' }));
  await mesh.startReplicators();
  await a.master.with((client) => client.set('k', 'v'));
  await showsProblem(b.replicator, /refused.*token/i);
  expect(await b.master.with((client) => client.exists('k'))).toBe(0);
  await b.replicator.stop();
  b.replicator.configure(configOf(b.replicator.options));
  b.replicator.start();
  await settled(mesh.sites);
  expect(await b.master.with((client) => client.get('k'))).toBe('v');
});

const garbage: [string, Buffer][] = [
  ['an oversized frame', Buffer.from([0x7f, 0xff, 0xff, 0xff, 1])],
  ['a frame of no known type', Buffer.from([0, 0, 0, 1, 250, 0])],
  ['a web browser', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
];

test.each(garbage)('%s is hung up on, and others go on', async (_title, bytes) => {
  const mesh = await readyMesh();
  const socket = connect(mesh.site('a').replicator.options.linkPort, '127.0.0.1');
  socket.on('error', () => {});
  let closed = false;
  socket.on('close', () => {
    closed = true;
  });
  socket.resume();
  socket.write(bytes);
  await waitFor('the connection is closed', () => closed);
  await mesh.site('a').master.with((client) => client.set('k', 'v'));
  await assertSame(mesh.sites);
  expect(await mesh.site('b').master.with((client) => client.get('k'))).toBe('v');
});

test('links cut in mid-frame again and again: nothing lost, nothing twice', async () => {
  const mesh = await readyMesh();
  const random = new Random(2);
  const tally = new Tally();
  const workloads = mesh.sites.map(
    ({ name, master }, seed) => new Workload({ site: name, server: master, seed, tally, rate: 2000 }),
  );
  for (const workload of workloads) workload.start();
  for (let cut = 0; cut < 10; cut++) {
    const proxy = random.pick(mesh.links('a', 'b'));
    proxy.cutAfter(random.integer(1, 30_000), proxy.inward);
    await waitFor('the link is cut', () => proxy.inward.cutAfter === undefined);
  }
  await Promise.all(workloads.map((workload) => workload.stop()));
  await assertSame(mesh.sites, tally);
});

test('a link that swallows everything is given up and made anew', async () => {
  const mesh = await readyMesh();
  for (const link of mesh.links('a', 'b')) link.blackhole();
  await mesh.site('a').master.with((client) => client.set('k', 'v'));
  await showsProblem(mesh.site('b').replicator, /link (in|out) a (down|connecting)/);
  for (const link of mesh.links('a', 'b')) link.heal();
  await assertSame(mesh.sites);
  expect(await mesh.site('b').master.with((client) => client.get('k'))).toBe('v');
});
