/**
 * Measures a direct link over loopback: megabytes a second, and CPU for each entry.
 *
 * Run by hand: `node --conditions=@entwine/source test/bench/measure-link.ts`. The writer
 * runs in this process, the reader in a child, so that each side's CPU is its own. Also measures how long a single entry
 * takes from `flushed` to `deliver` and back as an acknowledgement.
 */
import { fork } from 'node:child_process';
import type { EntryBatch, TransportHost } from '@entwine/core';
import { createDirectTransport, type DirectSecurity } from '@entwine/transport-direct';
import { freePort } from '../../apps/demo/src/lab/index.ts';
import { makeCertificates } from '../../packages/transport-direct/test-support/test-certificates.ts';

const entryBytes = 100;
const perBatch = 2_500;
const total = 20_000_000;
const pings = 2_000;
const body = new Uint8Array(entryBytes * perBatch).fill(1);

interface Role {
  readonly site: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly security: DirectSecurity;
}

const quiet = {
  ownRange: () => ({ first: 1, last: 0 }),
  receivedUpTo: () => 0,
  readOwn: () => undefined,
  deliver: () => {},
  acknowledged: () => {},
  originAhead: () => {},
  linkChanged: () => {},
};

function transport({ site, ports, security }: Role) {
  const peer = site === 'a' ? 'b' : 'a';
  return createDirectTransport({
    site,
    shard: 'one',
    deployment: 'measure',
    priority: site === 'a' ? 1 : 2,
    entrySchema: { current: 1, oldest: 1 },
    listen: { host: '127.0.0.1', port: ports[site]! },
    peers: [{ site: peer, host: '127.0.0.1', port: ports[peer]! }],
    security,
  });
}

/** The reader: settles what it gets; reports its CPU when all of the bulk is there. */
function read(role: Role): void {
  const link = transport(role);
  let received = 0;
  let start = process.cpuUsage();
  const host: TransportHost = {
    ...quiet,
    origin: 'b/one/1',
    receivedUpTo: () => received,
    deliver(batch) {
      if (received === 0) start = process.cpuUsage();
      received = batch.last;
      link.settled(batch.origin, received);
      if (received === total) {
        const { user, system } = process.cpuUsage(start);
        process.send?.({ cpu: user + system });
      }
    },
  };
  void link.start(host);
  process.once('disconnect', () => void link.close());
}

async function write(security: DirectSecurity, name: string): Promise<void> {
  const ports = { a: await freePort(), b: await freePort() };
  const link = transport({ site: 'a', ports, security });
  let last = 0;
  let acked = 0;
  let waiting: { seq: number; resolve: () => void } | undefined;
  let up: () => void = () => {};
  const isUp = new Promise<void>((resolve) => {
    up = resolve;
  });
  const host: TransportHost = {
    ...quiet,
    origin: 'a/one/1',
    ownRange: () => ({ first: 1, last }),
    readOwn(from): EntryBatch | undefined {
      if (from > last) return undefined;
      const count = Math.min(perBatch, last - from + 1);
      const part = count === perBatch ? body : body.subarray(0, count * entryBytes);
      return { origin: 'a/one/1', first: from, last: from + count - 1, body: part };
    },
    acknowledged(_, seq) {
      acked = seq;
      if (waiting !== undefined && acked >= waiting.seq) waiting.resolve();
    },
    linkChanged: ({ direction, state }) => {
      if (direction === 'out' && state === 'up') up();
    },
  };
  const reach = (seq: number): Promise<void> =>
    new Promise((resolve) => {
      waiting = { seq, resolve };
      last = seq;
      link.flushed(seq);
    });
  await link.start(host);
  const child = fork(new URL(import.meta.url), { execArgv: ['--conditions=@entwine/source'] });
  const report = new Promise<number>((resolve) => child.on('message', (m: { cpu: number }) => resolve(m.cpu)));
  child.send({ site: 'b', ports, security } satisfies Role);
  await isUp;
  const cpu = process.cpuUsage();
  const start = performance.now();
  await reach(total);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const readerCpu = await report;
  const times: number[] = [];
  for (let i = 1; i <= pings; i++) {
    const at = performance.now();
    await reach(total + i);
    times.push(performance.now() - at);
  }
  times.sort((x, y) => x - y);
  const us = (value: number): string => value.toFixed(3);
  console.log(
    `${name}: ${((total * entryBytes) / 1e6 / seconds).toFixed(0)} MB/s; us per entry: writer ${us((user + system) / total)}, ` +
      `reader ${us(readerCpu / total)}; one entry there and its acknowledgement back: p50 ` +
      `${us(times[pings / 2]! * 1000)} us, p99 ${us(times[Math.floor(pings * 0.99)]! * 1000)} us`,
  );
  child.disconnect();
  await link.close();
}

if (process.send === undefined) {
  const certificates = makeCertificates();
  await write({ kind: 'plain' }, 'plain');
  await write({ kind: 'tls', mutual: true, ...certificates }, 'mutual TLS');
} else {
  process.once('message', (role: Role) => read(role));
}
