/**
 * What an absent peer costs: `node --conditions=@entwine/source test/bench/absence.ts [--keys N] [--minutes M] [--seconds MOST] [--lift BYTES] [--memory]`.
 *
 * A whole engine with its log on disk takes in 10,000 writes for each second of simulated time, by the bytes of a replication
 * stream, while its only peer is silent. `--keys N`: at random to N keys, else a key each. Every so often a row of a table tells
 * what is remembered and what the process takes. `--memory`: nothing goes to disk; `--lift`: the limit at which capturing waits. It ends after `--minutes` of simulated time (60), after `--seconds` of real time
 * (540), or when capturing waits. Then the peer is back, and has settled everything: how long forgetting takes is told, too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Source, SourceSink, Target, TransportHost } from '@entwine/core';
import { ByteWriter, encodeEntry, timeOfUnix, toByteString } from '@entwine/core';
import { ShardEngine, type Timers } from '@entwine/engine';
import { SmallRedis } from '../../packages/engine/test-support/small-redis.ts';
import { openLmdbLog, openLmdbSpillStore } from '../../packages/log-lmdb/src/index.ts';
import { memory } from './process-usage.ts';

const { values: options } = parseArgs({
  options: {
    keys: { type: 'string' },
    minutes: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '540' },
    lift: { type: 'string' },
    memory: { type: 'boolean', default: false },
  },
});
const writesPerSecond = 10_000;
/** Simulated time moves by so much, ms. */
const stepMs = 100;
const valueBytes = 100;
const keyCount = options.keys === undefined ? 0 : Number(options.keys);
const peerOrigin = 'b/main/0123456789abcdef';

/** Timers and wall clock of the simulated time. */
class SimulatedTime implements Timers {
  now = 1_900_000_000_000;
  #waiting: { readonly due: number; readonly run: () => void }[] = [];

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.now + ms, run };
    this.#waiting.push(timer);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    this.now += ms;
    const due = this.#waiting.filter((timer) => timer.due <= this.now);
    this.#waiting = this.#waiting.filter((timer) => timer.due > this.now);
    for (const { run } of due) run();
  }
}

/** A Redis of which only the stream is there. What Entwine calls is carried out. */
class StreamOnly {
  readonly redis = new SmallRedis();
  sink: SourceSink | undefined;
  isPaused = false;
  #seen = this.redis.offset;

  readonly source: Source = {
    start: (sink) => {
      this.sink = sink;
    },
    pause: () => {
      this.isPaused = true;
    },
    resume: () => {
      this.isPaused = false;
    },
    close: async () => {},
  };

  readonly target: Target = {
    apply: async (key, args) =>
      this.redis.script(
        key,
        args.map((arg) => (typeof arg === 'string' ? arg : toByteString(arg))),
      ),
    library: async () => undefined,
    readHash: async (key) => this.redis.hash(key),
    close: async () => {},
  };

  attach(): void {
    const position = { replicationId: this.redis.replicationId, offset: this.#seen, db: -1 };
    this.sink!.attached({
      ...{ mode: 'full', empty: true, position, endpoint: 'redis:6379', role: 'master', backlogEnd: this.#seen },
    });
  }

  /** What Entwine's own calls have put into the stream. */
  echo(): void {
    if (this.redis.offset === this.#seen) return;
    const bytes = this.redis.bytes(this.#seen);
    this.#seen = this.redis.offset;
    this.sink!.bytes(new Uint8Array(bytes));
  }
}

const value = 'x'.repeat(valueBytes);
let random = 1;

function nextKey(i: number): string {
  if (keyCount === 0) return `session:${String(i).padStart(12, '0')}`;
  random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
  return `session:${String(random % keyCount).padStart(12, '0')}`;
}

function writesFrom(first: number, count: number): Uint8Array {
  const parts: string[] = [];
  for (let i = first; i < first + count; i++) {
    const key = nextKey(i);
    parts.push(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${valueBytes}\r\n${value}\r\n`);
  }
  return new Uint8Array(Buffer.from(parts.join(''), 'latin1'));
}

function immediately(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0);

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'entwine-absence-'));
  const log = await openLmdbLog({ path: folder, maxBytes: 64 * 1024 ** 3 });
  const time = new SimulatedTime();
  const server = new StreamOnly();
  let host: TransportHost | undefined;
  let flushed = 0;
  const engine = new ShardEngine({
    ...{ site: 'a', shard: 'main', priority: 1, peers: [{ site: 'b', priority: 2 }] },
    ...{ source: server.source, target: server.target, log, timers: time, clock: { now: () => time.now } },
    transport: {
      start: async (given) => {
        host = given;
      },
      flushed: (seq) => {
        flushed = seq;
      },
      ...{ settled: () => {}, pause: () => {}, resume: () => {}, links: () => [], close: async () => {} },
    },
    randomHex: (length) => 'a'.repeat(length),
    digest: (text) => String(text.length),
    ...(!options.memory && { spillStore: openLmdbSpillStore({ path: folder }) }),
    ...(options.lift && { limits: { maxWindowBytes: Number(options.lift) } }),
  });
  await engine.start();
  server.attach();
  while (engine.status().state !== 'running') {
    time.advance(stepMs);
    await immediately();
    server.echo();
  }

  const began = performance.now();
  const cpu = process.cpuUsage();
  let written = 0;
  const tell = (): void => {
    const { window, seq } = engine.status();
    const { heapUsed } = process.memoryUsage();
    const { megabytes: anon, fileMegabytes: file } = memory(process.pid);
    const columns = [
      `${(written / writesPerSecond / 60).toFixed(1)} min`,
      written.toLocaleString('en-US'),
      window.keys.toLocaleString('en-US'),
      megabytes(window.bytes),
      window.spilled.keys.toLocaleString('en-US'),
      megabytes(window.spilled.bytes),
      megabytes(heapUsed),
      anon.toFixed(0),
      file.toFixed(0),
      megabytes(log.bytes()),
      `${((performance.now() - began) / 1000).toFixed(0)} s`,
      server.isPaused ? `capturing waits (${seq.captured.toLocaleString('en-US')} entries)` : '',
    ];
    console.log(`| ${columns.join(' | ')} |`);
  };
  console.log(
    '| simulated | writes | keys in memory | told MB | keys on disk | MB | heap MB | anon MB | mapped MB | log MB | real | |\n|---|---|---|---|---|---|---|---|---|---|---|---|',
  );
  const steps = (Number(options.minutes) * 60_000) / stepMs;
  const perStep = (writesPerSecond * stepMs) / 1000;
  const rows = Math.max(1, Math.floor(steps / 24));
  let step = 0;
  for (; step < steps && !server.isPaused; step++) {
    server.sink!.bytes(writesFrom(written, perStep));
    written += perStep;
    time.advance(stepMs);
    await immediately();
    server.echo();
    while (written - flushed > 20_000) await immediately();
    if ((step + 1) % rows === 0) tell();
    if (performance.now() - began > Number(options.seconds) * 1000) break;
  }
  tell();
  const used = process.cpuUsage(cpu);
  const perWrite = (used.user + used.system) / written;
  console.log(`\n${perWrite.toFixed(2)} us of CPU a write, all threads, making the stream included`);

  await comeBack(time, server, host!, () => engine.status().window.keys + engine.status().window.spilled.keys);
  tell();
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** The peer is back and has settled everything. */
async function comeBack(
  time: SimulatedTime,
  server: StreamOnly,
  host: TransportHost,
  remembered: () => number,
): Promise<void> {
  const began = performance.now();
  let longest = 0;
  for (let seq = 1; seq <= 10_000; seq++) {
    const now = timeOfUnix(time.now);
    const writer = new ByteWriter();
    encodeEntry(writer, { type: 'heartbeat', seq, time: now, priority: 2, received: now });
    host.deliver({ origin: peerOrigin, first: seq, last: seq, body: writer.take() });
    host.acknowledged('b', host.ownRange().last);
    const from = performance.now();
    time.advance(250);
    longest = Math.max(longest, performance.now() - from);
    for (let i = 0; i < 20; i++) await immediately();
    server.echo();
    if (remembered() === 0) break;
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `the peer is back: all is forgotten after ${seconds} s, the longest round took ${longest.toFixed(0)} ms\n`,
  );
}

await main();
process.exit(0);
