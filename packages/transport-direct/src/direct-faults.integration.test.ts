import { RecordingHost, type RecordingHostOptions } from '@entwine/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { DirectWorld, type DirectWorldOptions } from '../test-support/direct-world.ts';
import { freePort } from '../test-support/free-port.ts';
import { until } from '../test-support/until.ts';

async function meet(options: DirectWorldOptions = {}, hosts: RecordingHostOptions = {}) {
  const world = await DirectWorld.make(['a', 'b'], options);
  onTestFinished(() => world.close());
  const [a, b] = [new RecordingHost('a', hosts), new RecordingHost('b', hosts)];
  for (const host of [a, b]) {
    onTestFinished(() => host.transport?.close());
    await host.attach(world.transport(host.site));
  }
  const allUp = (): boolean =>
    [a, b].every((host) => host.transport!.links().filter(({ state }) => state === 'up').length === 2);
  await until('both links are up', allUp);
  return { world, a, b, allUp };
}

test('a frame cut in its middle is read again', async () => {
  const { world, a, b } = await meet();
  for (let round = 0; round < 20; round++) {
    // Anywhere: within a header, a batch head, a body, or between frames.
    world.proxy('b', 'a').cutAfter(1 + round * 977);
    a.append(200, 100);
    await until('b has all', () => b.receivedUpTo(a.origin) === (round + 1) * 200);
  }
  expect(b.faults).toEqual([]);
  expect(world.proxy('b', 'a').accepted).toBeGreaterThan(15);
});

test('an entry in many pieces begins again when the link breaks in its middle', async () => {
  const limits = { windowBytes: 256 * 1024, maxFrameBytes: 16 * 1024 };
  const { world, a, b } = await meet({ limits });
  const size = 2 * 1024 * 1024;
  for (let round = 0; round < 12; round++) {
    // In its first piece, in a later one, in the last, beyond the window, and behind it.
    world.proxy('b', 'a').cutAfter(1 + round * 190_003);
    a.append(1, size);
    a.append(10, 100);
    b.append(1, size);
    await until('b has all', () => b.receivedUpTo(a.origin) === (round + 1) * 11);
    await until('a has all', () => a.receivedUpTo(b.origin) === round + 1);
  }
  expect([...a.faults, ...b.faults]).toEqual([]);
  expect(world.proxy('b', 'a').accepted).toBeGreaterThan(8);
});

test('a batch above the limit is refused by name, on the side that would send it', async () => {
  const { a, b } = await meet({ limits: { maxBatchBytes: 1024 * 1024 } });
  a.append(1, 1024 * 1024);
  await until('b has it', () => b.receivedUpTo(a.origin) === 1);
  a.append(1, 1024 * 1024 + 1);
  const shown = (host: RecordingHost): boolean =>
    host.transport!.links().some(({ state, detail }) => state === 'refused' && detail.includes('oversized'));
  await until('both sides say so', () => shown(a) && shown(b));
  expect(b.receivedUpTo(a.origin)).toBe(1);
});

test('a peer that falls silent is noticed at both ends, and found again', async () => {
  const { world, a, b, allUp } = await meet({ limits: { idleTimeoutMs: 400 } });
  world.proxy('b', 'a').swallow(true);
  a.append(10, 100);
  const silent = (host: RecordingHost): boolean =>
    host.changes.some(({ state, detail }) => state === 'down' && detail.startsWith('silent'));
  await until('the reader notices', () => silent(b));
  await until('the writer notices', () => silent(a));
  expect(b.receivedUpTo(a.origin)).toBe(0);
  world.proxy('b', 'a').swallow(false);
  await until('b has all', () => b.receivedUpTo(a.origin) === 10);
  await until('all is up', allUp);
});

test('a quiet link stays up on pings alone', async () => {
  const { world, a, b } = await meet({ limits: { idleTimeoutMs: 200 } });
  const changes = a.changes.length + b.changes.length;
  // Conditions, not times, are waited for: here that four timeouts' worth of ticks went by elsewhere in the process.
  let ticks = 0;
  const timer = setInterval(() => ticks++, 50);
  onTestFinished(() => clearInterval(timer));
  await until('time went by', () => ticks >= 16);
  expect(a.changes.length + b.changes.length).toBe(changes);
  expect(world.proxy('b', 'a').accepted).toBe(1);
});

test('a reader that does not take bounds what the writer reads from its log', async () => {
  const limits = { windowBytes: 256 * 1024, maxSendBytes: 64 * 1024, sendBufferBytes: 64 * 1024 };
  const { a, b } = await meet({ limits });
  b.transport!.pause(a.origin);
  const readBefore = a.bytesRead;
  for (let i = 0; i < 20; i++) a.append(1000, 1000);
  b.append(10, 100);
  await until('the other direction goes on', () => a.receivedUpTo(b.origin) === 10);
  await until('the window is used up', () => a.bytesRead - readBefore >= limits.windowBytes);
  for (let i = 0; i < 20; i++) {
    a.append(10, 100);
    b.append(1, 100);
    await until('the other direction goes on', () => a.receivedUpTo(b.origin) === 11 + i);
  }
  expect(a.bytesRead - readBefore).toBeLessThanOrEqual(limits.windowBytes + limits.maxSendBytes);
  expect(b.deliveries).toBe(0);
  b.transport!.resume(a.origin);
  await until('b has all', () => b.receivedUpTo(a.origin) === 20_200);
  expect(b.faults).toEqual([]);
});

test('a host that cannot read its log shows on the link and is asked again', async () => {
  const { a, b } = await meet();
  const readOwn = a.readOwn.bind(a);
  a.readOwn = () => {
    throw new Error('record 1 is corrupt');
  };
  a.append(10, 100);
  const shown = (host: RecordingHost): boolean =>
    host.transport!.links().some(({ state, detail }) => state === 'refused' && detail.includes('record 1 is corrupt'));
  await until('both sides say so', () => shown(a) && shown(b));
  a.readOwn = readOwn;
  await until('b has all', () => b.receivedUpTo(a.origin) === 10);
});

test('a newer connection of a site takes the place of the older', async () => {
  const elsewhere = await freePort();
  let joined = false;
  const world = await DirectWorld.make(['a', 'b'], {
    change: (options) =>
      options.site === 'b' && joined ? { ...options, listen: { host: '127.0.0.1', port: elsewhere } } : options,
  });
  onTestFinished(() => world.close());
  const hosts = ['a', 'b', 'b'].map((site) => new RecordingHost(site));
  for (const host of hosts) {
    onTestFinished(() => host.transport?.close());
    await host.attach(world.transport(host.site));
    if (host === hosts[1]) joined = true;
  }
  const [a, first, second] = hosts as [RecordingHost, RecordingHost, RecordingHost];
  await until('the first one is hung up on', () => first.changes.some(({ state }) => state === 'down'));
  a.append(10, 100);
  // By mistake there are two of them: they take turns, and each gets everything.
  for (const host of [first, second]) await until('it has all', () => host.receivedUpTo(a.origin) === 10);
});

test('closing leaves nothing behind and tells nothing more', async () => {
  const { a, b } = await meet();
  a.append(100, 100);
  await until('b has all', () => b.receivedUpTo(a.origin) === 100);
  const transport = b.transport!;
  await transport.close();
  const changes = b.changes.length;
  await until('a notices', () => a.transport!.links().every(({ state }) => state === 'down'));
  expect(b.changes.length).toBe(changes);
  await expect(transport.start(b)).rejects.toMatchObject({ code: 'state' });
});
