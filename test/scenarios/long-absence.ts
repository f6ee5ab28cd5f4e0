/**
 * A replicator that is away for long, while applications go on at both sites: what the other remembers for it goes to disk, its memory
 * stays where it is, capturing does not wait, and it may be restarted meanwhile. When the one that was away is back, both sites take in
 * what both have written, by the order in which it was written.
 *
 * In full: 10,000 writes a second for five minutes, with a quarter of the memory that there is by default, and no restart.
 */
import { connect } from 'node:net';
import { configOf, pause, Random, type RedisServer, type Replicator, waitFor } from '../../apps/demo/src/lab/index.ts';
import { memory } from '../bench/process-usage.ts';
import { assertSame } from '../support/assert-same.ts';
import { expectSame, expectThat } from '../support/expect-that.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';
import { writeDistinct } from '../support/write-distinct.ts';

interface Size {
  readonly limits: Readonly<Record<string, number>>;
  readonly writesPerSecond: number;
  readonly seconds: number;
  /** Keys that are written again and again. */
  readonly hotKeys: number;
}

const mebibyte = 1024 * 1024;
const small: Size = {
  limits: { spillWindowBytes: 2 * mebibyte, maxWindowBytes: 8 * mebibyte },
  ...{ writesPerSecond: 2000, seconds: 15, hotKeys: 1000 },
};
const full: Size = {
  limits: { spillWindowBytes: 64 * mebibyte, maxWindowBytes: 512 * mebibyte },
  ...{ writesPerSecond: 10_000, seconds: 300, hotKeys: 100_000 },
};
/** Keys that both sites write to. */
const shared = 500;

export const longAbsence: Scenario = {
  name: 'long-absence',
  title:
    'a peer away for long: what is remembered for it goes to disk, memory is bounded, capturing goes on; nothing is lost',
  ciRuns: 1,
  fullRuns: 1,
  run,
};

async function run(context: RunContext): Promise<Figures> {
  const { limits, writesPerSecond, seconds, hotKeys } = context.full ? full : small;
  const mesh = await context.prepare({ names: ['a', 'b'] });
  for (const { replicator } of mesh.sites) replicator.configure({ ...configOf(replicator.options), limits });
  await mesh.startReplicators();
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  await writeDistinct(a.master, 'both', shared);
  await assertSame(mesh.sites);
  await b.replicator.kill();
  await writeDistinct(b.master, 'both', shared / 2);
  await writeDistinct(b.master, 'theirs', shared);

  const observed = await whileObserved(a.replicator, context, () =>
    writeSteadily(a.master, { rate: writesPerSecond, seconds, hotKeys, random: new Random(context.seed) }),
  );
  const writes = observed.result;
  // Newer than what b has written: they win, though they were told of later.
  await writeDistinct(a.master, 'both', shared / 4);
  await waitFor('all is captured', async () => (await a.replicator.status()).capturedUnits >= shared * 1.25 + writes);
  const { window, log, alarms } = await a.replicator.status();
  expectThat('most is on disk', window.spilled.keys > window.keys, window);
  // Until the peer counts as away, twice as much may be in memory.
  expectThat('memory is bounded', observed.mostWindow < limits.spillWindowBytes! * 2.25, observed.mostWindow);
  expectThat('nobody waits', !alarms.some(({ name, active }) => name === 'window-full' && active), alarms);

  // In full it would take minutes more to read the log again.
  const restartSeconds = context.full ? 'none' : await restart(a.replicator, limits.spillWindowBytes!);
  const returned = performance.now();
  b.replicator.start();
  await b.replicator.ready(60_000);
  const same = await assertSame(mesh.sites, undefined, 400_000);
  const catchUpSeconds = round((performance.now() - returned) / 1000);
  const values = (await b.master.with((client) => client.mget('both:0', `both:${shared - 1}`, 'theirs:0'))) as string[];
  expectSame('values of both', values.join(), `value 0,value ${shared - 1},value 0`);
  await waitFor(
    'what was on disk is forgotten',
    async () => {
      const { spilled, heldBy } = (await a.replicator.status()).window;
      return spilled.keys === 0 && heldBy === null;
    },
    { timeoutMs: 120_000, describe: () => a.replicator.tail(10) },
  );
  return {
    ...{ writes, writesPerSecond: Math.round(writes / observed.seconds), seconds: round(observed.seconds) },
    ...{ keysInMemory: window.keys, windowBytes: window.bytes, mostWindowBytes: observed.mostWindow },
    ...{ keysOnDisk: window.spilled.keys, bytesOnDisk: window.spilled.bytes, logBytes: log.bytes },
    ...{ mostAnonMegabytes: observed.mostAnon, restartSeconds, catchUpSeconds },
    ...same,
  };
}

/** Killed and started: what is remembered is rebuilt from the log, and goes to disk on the way. Returns how long that took. */
async function restart(replicator: Replicator, spillWindowBytes: number): Promise<number> {
  const stopped = performance.now();
  await replicator.kill();
  replicator.start();
  await replicator.ready(300_000);
  const seconds = round((performance.now() - stopped) / 1000);
  const again = (await replicator.status()).window;
  expectThat('a restart has spilled again', again.spilled.keys > again.keys, again);
  expectThat('within the limit', again.bytes < spillWindowBytes * 1.25, again);
  return seconds;
}

interface Observed<T> {
  readonly result: T;
  readonly seconds: number;
  /** The most that the window took, by its own word, and the process by the kernel's. */
  readonly mostWindow: number;
  readonly mostAnon: number;
}

async function whileObserved<T>(
  replicator: Replicator,
  context: RunContext,
  work: () => Promise<T>,
): Promise<Observed<T>> {
  const began = performance.now();
  let isOver = false;
  const done = work().finally(() => {
    isOver = true;
  });
  let [mostWindow, mostAnon, told] = [0, 0, 0];
  while (!isOver) {
    const { window, log } = await replicator.status();
    const { megabytes } = memory(replicator.pid);
    mostWindow = Math.max(mostWindow, window.bytes);
    mostAnon = Math.max(mostAnon, Math.round(megabytes));
    const elapsed = (performance.now() - began) / 1000;
    if (elapsed - told >= 30) {
      told = elapsed;
      context.log(
        `${elapsed.toFixed(0)} s: ${window.keys} keys in memory (${window.bytes} bytes), ${window.spilled.keys} on disk ` +
          `(${window.spilled.bytes} bytes), log ${log.bytes} bytes, process ${megabytes.toFixed(0)} MB`,
      );
    }
    await pause(500);
  }
  return { result: await done, seconds: (performance.now() - began) / 1000, mostWindow, mostAnon };
}

interface Writing {
  readonly rate: number;
  readonly seconds: number;
  readonly hotKeys: number;
  readonly random: Random;
}

/** A tenth of the writes are to keys of their own, the rest to some that are written again. Returns how many there were. */
async function writeSteadily(server: RedisServer, { rate, seconds, hotKeys, random }: Writing): Promise<number> {
  const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
  let answered = 0;
  socket.on('data', (bytes) => {
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) answered++;
  });
  const value = 'v'.repeat(100);
  const began = performance.now();
  const total = rate * seconds;
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate));
    let text = '';
    for (; sent < due; sent++) {
      const key = sent % 10 === 0 ? `new:${sent}` : `hot:${random.integer(0, hotKeys - 1)}`;
      text += `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${value.length}\r\n${value}\r\n`;
    }
    if (text !== '') socket.write(text);
    await pause(5);
  }
  await waitFor('every write is confirmed', () => answered === total);
  socket.destroy();
  return total;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
