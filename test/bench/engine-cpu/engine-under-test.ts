/** An engine whose Redis, log and link are as small as can be: they do what they promise, and keep nothing. */
import type { Log, Source, SourceSink, Target, TargetReply, Transport, TransportHost } from '@entwine/core';
import { ShardEngine } from '@entwine/engine';
import { type MadeUpTime, turn } from './made-up-time.ts';

/** Writes a second, in made-up time. */
export const rate = 70_000;

export interface Started {
  readonly engine: ShardEngine;
  /** The engine's end of the local stream, and of the link. */
  readonly sink: SourceSink;
  readonly host: TransportHost;
}

const quietLog: Log = {
  commit: async () => {},
  read: () => [],
  streams: () => [],
  get: () => undefined,
  bytes: () => 0,
  close: async () => {},
};

/** What an engine is given. @param apply - runs a script call. */
export interface Parts {
  readonly site: 'a' | 'b';
  readonly time: MadeUpTime;
  readonly apply: (args: readonly (string | Uint8Array)[], sink: SourceSink) => void;
  readonly flushed?: (seq: number, host: TransportHost) => void;
}

/** Starts an engine of two sites, and has it take its marker. */
export async function startEngine({ site, time, apply, flushed }: Parts): Promise<Started> {
  let sink: SourceSink | undefined;
  let host: TransportHost | undefined;
  const source: Source = {
    start: (to) => {
      sink = to;
      const position = { replicationId: site.repeat(40), offset: 0, db: 0 };
      to.attached({ mode: 'full', position, endpoint: site, role: 'replica', backlogEnd: 0, empty: true });
    },
    pause: () => {},
    resume: () => {},
    close: async () => {},
  };
  const ok: TargetReply = { ok: true, reply: 'ok:0' };
  const target: Target = {
    apply: (_key, args) =>
      new Promise((resolve) => {
        setImmediate(() => {
          apply(args, sink!);
          resolve(ok);
        });
      }),
    library: async () => undefined,
    readHash: async () => new Map(),
    close: async () => {},
  };
  const transport: Transport = {
    start: async (to) => {
      host = to;
    },
    flushed: (seq) => flushed?.(seq, host!),
    settled: () => {},
    pause: () => {},
    resume: () => {},
    links: () => [],
    close: async () => {},
  };
  const peer = site === 'a' ? { site: 'b', priority: 2 } : { site: 'a', priority: 1 };
  const engine = new ShardEngine({
    ...{ site, shard: 'main', priority: 3 - peer.priority, peers: [peer] },
    ...{ source, target, log: quietLog, transport, clock: time.clock, timers: time },
    randomHex: (length) => 'e'.repeat(length),
    digest: () => 'digest',
    // As much as it takes: nobody is away.
    limits: { maxWindowBytes: 2 ** 40 },
    onHalt: (state, reason) => {
      throw new Error(`${state}: ${reason}`);
    },
  });
  await engine.start();
  for (let turns = 0; engine.status().state !== 'running'; turns++) {
    if (turns > 1000) throw new Error('the engine does not come to run');
    time.pass(1);
    await turn();
  }
  return { engine, sink: sink!, host: host! };
}

/** The stream of a script call that has run, as a server propagates it. */
export class CallStream {
  #bytes = Buffer.allocUnsafe(1 << 16);
  #used = 0;

  /** @param args - of the apply script. @returns bytes that are the caller's. */
  encode(args: readonly (string | Uint8Array)[]): Uint8Array {
    this.#used = 0;
    this.#command(['MULTI'], 0, 1);
    const [peer, , value, own, , ownValue] = args as readonly string[];
    const fields = peer === '' ? [own!, ownValue!] : [peer!, value!, own!, ownValue!];
    this.#command(['HSET', 'entwine:{0}', ...fields], 0, 2 + fields.length);
    for (let at = 6; at < args.length; ) {
      const [name, words, more = ''] = written[args[at] as string] ?? [];
      if (name === undefined || words === undefined) throw new Error(`operation ${String(args[at])} is not expected`);
      this.#line(42, 1 + words + (more === '' ? 0 : 1));
      this.#word(name);
      if (args[at] === 'T') {
        this.#word(args[at + 1]!);
        this.#word(args[at + 2]!);
        this.#word(more);
        this.#word(args[at + 3]!);
      } else for (let i = 1; i <= words; i++) this.#word(args[at + i]!);
      at += 1 + words;
    }
    this.#command(['EXEC'], 0, 1);
    return new Uint8Array(this.#bytes.subarray(0, this.#used));
  }

  #command(words: readonly (string | Uint8Array)[], from: number, count: number): void {
    this.#line(42, count);
    for (let i = from; i < from + count; i++) this.#word(words[i]!);
  }

  #word(word: string | Uint8Array): void {
    this.#line(36, word.length);
    this.#room(word.length + 2);
    const bytes = this.#bytes;
    const at = this.#used;
    if (typeof word === 'string') bytes.write(word, at, 'latin1');
    else bytes.set(word, at);
    bytes[at + word.length] = 13;
    bytes[at + word.length + 1] = 10;
    this.#used = at + word.length + 2;
  }

  #line(type: number, value: number): void {
    this.#room(16);
    const text = String(value);
    this.#bytes[this.#used++] = type;
    for (let i = 0; i < text.length; i++) this.#bytes[this.#used++] = text.charCodeAt(i);
    this.#bytes[this.#used++] = 13;
    this.#bytes[this.#used++] = 10;
  }

  #room(size: number): void {
    if (this.#used + size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(2 * this.#bytes.length + size);
    grown.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = grown;
  }
}

/** By operation of the script: the command that it runs, how many arguments both have, and what stands before the last of them. */
const written: Readonly<Record<string, readonly [name: string, words: number, more?: string]>> = {
  S: ['SET', 2],
  T: ['SET', 3, 'PXAT'],
  H: ['HSET', 3],
  A: ['SADD', 2],
  Z: ['ZADD', 3],
  I: ['INCRBY', 2],
  E: ['PEXPIREAT', 2],
};
