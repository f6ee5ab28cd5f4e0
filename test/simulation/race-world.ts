/**
 * A world in which everything races: several sites, each a small Redis and the real engine, under a seeded scheduler.
 *
 * Every movement (bytes of a stream, a script call arriving, its answer, a batch between sites, a timer) is a step, and the
 * scheduler picks the next one by chance. Faults: answers that are lost while the call still arrives, crashes that lose what
 * is unflushed while calls are on their way, links that break. It injects no clock trouble and no lost servers.
 */
import {
  type Attachment,
  type Source,
  type SourceSink,
  type Target,
  type TargetReply,
  type Transport,
  toByteString,
} from '@entwine/core';
import { ShardEngine, type ShardStatus, type Timers } from '@entwine/engine';
import { MemoryLog, MemoryLogDisk, type MemoryNetwork, memoryNetwork } from '@entwine/testkit';
import { MiniRedis } from './mini-redis.ts';

/** A number in [0, 1). */
export type Random = () => number;

interface Step {
  readonly weight: number;
  run(): void;
}

/** A site of the world. */
export class RaceSite {
  readonly name: string;
  readonly priority: number;
  readonly redis: MiniRedis;
  readonly disk: MemoryLogDisk = new MemoryLogDisk();
  readonly #world: RaceWorld;
  engine: ShardEngine | undefined;
  #log: MemoryLog | undefined;
  #transport: Transport | undefined;
  /** What the living process hears; a dead one hears nothing. */
  #life = { alive: false };
  #sink: SourceSink | undefined;
  #sent = 0;
  /** Calls on their way to Redis, in order per connection. */
  #calls: { arrive(): void }[][] = [];
  halts: string[] = [];
  skewMs = 0;

  constructor(world: RaceWorld, name: string, priority: number) {
    this.#world = world;
    this.name = name;
    this.priority = priority;
    this.redis = new MiniRedis(name.repeat(40).slice(0, 40));
  }

  start(): void {
    const world = this.#world;
    const log = new MemoryLog(this.disk);
    this.#log = log;
    const calls: { arrive(): void }[] = [];
    this.#calls = [...this.#calls.filter((old) => old.length > 0), calls];
    const life = { alive: true };
    this.#life = life;
    this.#transport = world.network.transport(this.name);
    const source: Source = {
      start: (sink) => {
        const resume = sink.resumeFrom();
        const position = resume ?? { replicationId: this.redis.replicationId, offset: 0, db: -1 };
        this.#sent = position.offset;
        const common = { position, endpoint: this.name, role: 'master', backlogEnd: this.redis.offset } as const;
        const attachment: Attachment =
          resume === null
            ? { mode: 'full', empty: this.redis.offset === 0, ...common }
            : { mode: 'continue', ...common };
        world.later(() => {
          if (!life.alive) return;
          this.#sink = sink;
          sink.attached(attachment);
        });
      },
      pause: () => {},
      resume: () => {},
      close: async () => {
        this.#sink = undefined;
      },
    };
    this.engine = new ShardEngine({
      site: this.name,
      shard: 'main',
      priority: this.priority,
      peers: world.sites.filter((site) => site !== this).map(({ name, priority }) => ({ site: name, priority })),
      source,
      target: this.#target(calls, life),
      log,
      transport: this.#transport,
      clock: { now: () => world.now + this.skewMs },
      randomHex: (length) => Array.from({ length }, () => Math.floor(world.random() * 16).toString(16)).join(''),
      digest: (text) => String([...text].reduce((hash, char) => (hash * 31 + char.charCodeAt(0)) >>> 0, 7)),
      timers: world.timersFor(this),
      // The Redis of this simulation has no DUMP.
      limits: { maxBatchOps: world.maxBatchOps, compareAfterMs: Number.POSITIVE_INFINITY },
      onHalt: (state, reason) => this.halts.push(`${state}: ${reason}`),
    });
    void this.engine.start();
  }

  /** Loses the process: what is not flushed is gone, calls on their way still arrive. */
  crash(): void {
    this.#life.alive = false;
    this.engine = undefined;
    this.#sink = undefined;
    this.#log!.crash();
    this.#world.dropTimers(this);
    void this.#transport!.close();
  }

  status(): ShardStatus {
    return this.engine!.status();
  }

  get idle(): boolean {
    return this.#sent === this.redis.offset && this.#calls.every((calls) => calls.length === 0);
  }

  /** Steps that could happen now. */
  steps(): Step[] {
    const steps: Step[] = [];
    if (this.#sink !== undefined && this.#sent < this.redis.offset)
      steps.push({ weight: 4, run: () => this.#deliver() });
    for (const calls of this.#calls)
      if (calls.length > 0) steps.push({ weight: 3, run: () => calls.shift()!.arrive() });
    return steps;
  }

  #deliver(): void {
    const bytes = this.redis.bytes(this.#sent);
    const size = this.#world.random() < 0.5 ? bytes.length : 1 + Math.floor(this.#world.random() * bytes.length);
    this.#sent += size;
    this.#sink!.bytes(new Uint8Array(bytes.subarray(0, size)));
  }

  #target(calls: { arrive(): void }[], life: { readonly alive: boolean }): Target {
    const world = this.#world;
    const answer = (run: () => void): void =>
      world.later(() => {
        if (life.alive) run();
      });
    const apply = (key: string, args: readonly (string | Uint8Array)[]): Promise<TargetReply> =>
      new Promise((resolve) => {
        const argv = args.map((arg) => (typeof arg === 'string' ? arg : toByteString(arg)));
        const lost = world.faulty && world.random() < 0.03;
        calls.push({
          arrive: () => {
            this.redis.now = world.now;
            const reply = this.redis.script(key, argv);
            if (!lost) answer(() => resolve({ ok: true, reply }));
          },
        });
        if (lost) answer(() => resolve({ ok: false, sent: true, code: 'unreachable', message: 'timed out' }));
      });
    return {
      apply,
      library: async () => undefined,
      readHash: (key) => new Promise((resolve) => answer(() => resolve(this.redis.hash(key)))),
      close: async () => {},
    };
  }
}

/** The sites, their network, and the scheduler. */
export class RaceWorld {
  readonly random: Random;
  readonly network: MemoryNetwork;
  readonly sites: RaceSite[] = [];
  readonly maxBatchOps: number;
  now = 1_900_000_000_000;
  faulty = false;
  #steps: Step[] = [];
  #timers: { due: number; run: () => void; owner: RaceSite }[] = [];

  constructor(random: Random, count: number) {
    this.random = random;
    this.maxBatchOps = 1 + Math.floor(random() * 8);
    this.network = memoryNetwork({
      schedule: (step) => this.later(step),
      maxBatchBytes: 64 + Math.floor(random() * 1000),
    });
    for (let i = 0; i < count; i++) this.sites.push(new RaceSite(this, 'abcde'[i]!, i + 1));
  }

  /** Something that happens at some later step. */
  later(run: () => void): void {
    this.#steps.push({ weight: 2, run });
  }

  timersFor(owner: RaceSite): Timers {
    return {
      after: (ms, run) => {
        const timer = { due: this.now + ms, run, owner };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        };
      },
    };
  }

  dropTimers(owner: RaceSite): void {
    this.#timers = this.#timers.filter((timer) => timer.owner !== owner);
  }

  /** Runs one step by chance; false when only timers are left. */
  async step(): Promise<boolean> {
    const sites = this.sites.flatMap((site) => site.steps());
    const steps = [...this.#steps, ...sites];
    if (steps.length === 0) return false;
    let pick = this.random() * steps.reduce((sum, step) => sum + step.weight, 0);
    let chosen = steps.at(-1)!;
    for (const step of steps) {
      pick -= step.weight;
      if (pick < 0) {
        chosen = step;
        break;
      }
    }
    this.#steps = this.#steps.filter((step) => step !== chosen);
    chosen.run();
    await settleMicrotasks();
    return true;
  }

  /** Lets time pass and runs what is due. */
  async advance(ms: number): Promise<void> {
    this.now += ms;
    const due = this.#timers.filter((timer) => timer.due <= this.now);
    this.#timers = this.#timers.filter((timer) => timer.due > this.now);
    for (const timer of due) timer.run();
    await settleMicrotasks();
  }

  /** Runs everything, with time passing, until nothing is left to do. */
  async quiesce(): Promise<void> {
    for (let quietRounds = 0, rounds = 0; quietRounds < 6; rounds++) {
      if (rounds > 400) throw new Error('the world does not come to rest');
      while (await this.step());
      const busy = this.sites.some((site) => !site.idle || busyStatus(site.status()));
      quietRounds = busy ? 0 : quietRounds + 1;
      await this.advance(500);
    }
  }
}

function busyStatus(status: ShardStatus): boolean {
  return status.state !== 'running' || status.pending.inFlight > 0 || status.pending.inbox > 4;
}

function settleMicrotasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
