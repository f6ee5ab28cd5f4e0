/**
 * A whole engine against a Redis in memory, every movement made by the test: bytes of the stream, answers of the
 * target, flushes of the log, time.
 */
import {
  type Attachment,
  type Entry,
  type Origin,
  type Source,
  type SourceSink,
  type Target,
  type TargetReply,
  toByteString,
} from '@entwine/core';
import { MemoryLog, MemoryLogDisk } from '@entwine/testkit';
import type { EngineEvent, EngineLimits, ShardOptions } from '../src/options.ts';
import { ShardEngine } from '../src/shard-engine.ts';
import { batchOf, digest, peerOrigin, startMs } from './entries.ts';
import { ManualTimers, RecordingTransport, settle } from './recorders.ts';
import { SmallRedis } from './small-redis.ts';

/** What a call to Redis does: `run` then answers; `lose` runs it and answers with a failure; `hold` waits for `release`. */
export type CallMode = 'run' | 'hold';

interface Held {
  readonly key: string;
  readonly argv: readonly string[];
  readonly resolve: (reply: TargetReply) => void;
}

/** What a site is made with. */
export interface SiteParts {
  readonly disk?: MemoryLogDisk;
  readonly redis?: SmallRedis;
  readonly flush?: 'auto' | 'manual';
  readonly limits?: Partial<EngineLimits>;
  readonly options?: Partial<ShardOptions>;
  readonly now?: number;
  /** Distinguishes processes. */
  readonly instance?: string;
}

/** Site `a`, with peers `b` and `c`. */
export class EngineSite {
  readonly redis: SmallRedis;
  readonly disk: MemoryLogDisk;
  readonly log: MemoryLog;
  readonly timers: ManualTimers;
  readonly transport: RecordingTransport = new RecordingTransport();
  readonly engine: ShardEngine;
  readonly halts: string[] = [];
  readonly events: EngineEvent[] = [];
  readonly sourceTold: string[] = [];
  /** The engine has paused the stream: `turn` hands nothing over. */
  isPaused = false;
  readonly calls: (readonly string[])[] = [];
  held: Held[] = [];
  mode: CallMode = 'run';
  reads = 0;
  sink: SourceSink | undefined;
  #sent = 0;
  #targetClosed = false;

  constructor(parts: SiteParts = {}) {
    this.redis = parts.redis ?? new SmallRedis();
    this.disk = parts.disk ?? new MemoryLogDisk();
    this.log = new MemoryLog(this.disk, { flush: parts.flush ?? 'auto' });
    this.timers = new ManualTimers(parts.now ?? startMs);
    this.redis.now = () => this.timers.now;
    const source: Source = {
      start: (sink) => {
        this.sink = sink;
      },
      pause: () => {
        this.sourceTold.push('pause');
        this.isPaused = true;
      },
      resume: () => {
        this.sourceTold.push('resume');
        this.isPaused = false;
      },
      close: async () => {
        this.sourceTold.push('close');
      },
    };
    const name = parts.instance ?? '1';
    this.engine = new ShardEngine({
      site: 'a',
      shard: 'main',
      priority: 1,
      peers: [
        { site: 'b', priority: 2 },
        { site: 'c', priority: 3 },
      ],
      source,
      target: this.#target(),
      log: this.log,
      transport: this.transport,
      clock: { now: () => this.timers.now },
      randomHex: (length) => name.repeat(length).slice(0, length),
      digest,
      timers: this.timers,
      onHalt: (state, reason) => this.halts.push(`${state}: ${reason}`),
      onEvent: (event) => this.events.push(event),
      ...(parts.limits && { limits: parts.limits }),
      ...parts.options,
    });
  }

  /** Attaches where the engine wants to go on. */
  attach(more: Partial<Attachment> = {}): void {
    const resume = this.sink!.resumeFrom();
    const position = resume ?? { replicationId: this.redis.replicationId, offset: this.redis.offset, db: -1 };
    this.#sent = position.offset;
    const common = { position, endpoint: 'redis:6379', role: 'master', backlogEnd: this.redis.offset } as const;
    const attachment =
      resume === null ? { mode: 'full', empty: true, ...common, ...more } : { mode: 'continue', ...common, ...more };
    this.sink!.attached(attachment as Attachment);
  }

  /** Hands over the stream, up to an offset. */
  deliver(upTo: number = this.redis.offset): void {
    const bytes = this.redis.bytes(this.#sent).subarray(0, upTo - this.#sent);
    this.#sent = upTo;
    this.sink!.bytes(bytes.slice());
  }

  /** Starts, attaches, and lets the engine take the marker. */
  async run(): Promise<this> {
    await this.engine.start();
    this.attach();
    await this.turn();
    return this;
  }

  /** Lets calls run, timers of now fire, and the stream come back, until nothing moves. */
  async turn(ms: number = 0): Promise<void> {
    await this.timers.advance(ms);
    for (let rounds = 0; rounds < 50; rounds++) {
      await settle();
      await this.timers.advance(0);
      if (this.#sent === this.redis.offset || this.isPaused) break;
      this.deliver();
    }
    await settle();
  }

  /** A local write. */
  write(...args: string[]): void {
    this.redis.execute(0, [args]);
  }

  /** Entries from a peer. */
  receive(entries: readonly Entry[], origin: Origin = peerOrigin): void {
    this.transport.host!.deliver(batchOf(entries, origin));
  }

  /** Lets a held call arrive and answers it. @param answer - instead of the script's own. */
  release(answer?: TargetReply): void {
    const { key, argv, resolve } = this.held.shift()!;
    const reply = this.redis.script(key, argv);
    resolve(answer ?? reply);
  }

  /** The process is gone. What is unflushed is lost. */
  crash(): void {
    this.log.crash();
  }

  #target(): Target {
    return {
      apply: (key, args) =>
        new Promise((resolve) => {
          const argv = args.map((arg) => (typeof arg === 'string' ? arg : toByteString(arg)));
          this.calls.push(argv);
          if (this.mode === 'run') resolve(this.redis.script(key, argv));
          else this.held.push({ key, argv, resolve });
        }),
      library: async () => undefined,
      readHash: async (key) => {
        this.reads++;
        if (this.#targetClosed) throw new Error('closed');
        return this.redis.hash(key);
      },
      close: async () => {
        this.#targetClosed = true;
      },
    };
  }
}
