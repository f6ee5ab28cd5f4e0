/** A site of a simulated world: a Redis, a disk, a clock that is wrong, and the process of a replicator. */
import { ShardEngine, type ShardStatus } from '@entwine/engine';
import { MemoryLog, MemoryLogDisk, type ModelClient, RedisModel } from '@entwine/testkit';
import { Lane } from './scheduler.ts';
import { type Place, SimEvents, SimSource, SimTarget } from './sim-connections.ts';
import type { SimWorld } from './sim-world.ts';

/** In place of a keyed digest. */
function digest(text: string): string {
  let hash = 7;
  for (let place = 0; place < text.length; place++) hash = (hash * 31 + text.charCodeAt(place)) >>> 0;
  return String(hash);
}

/** One life of a replicator. */
class Process {
  readonly source: SimSource;
  readonly target: SimTarget;
  readonly events: SimEvents;
  readonly log: MemoryLog;
  readonly engine: ShardEngine;
  readonly #flushes: Lane;
  readonly #world: SimWorld;
  readonly #close: () => Promise<void>;
  isAlive = true;

  constructor(world: SimWorld, site: SimSite) {
    this.#world = world;
    const { scheduler, random } = world;
    const place: Place = {
      ...{ scheduler, chance: () => random.next(), redis: site.redis, name: site.name },
      isAlive: () => this.isAlive,
    };
    this.source = new SimSource(place);
    this.target = new SimTarget(place);
    this.events = new SimEvents(place);
    this.#flushes = scheduler.add(new Lane(3));
    this.log = new MemoryLog(site.disk, { flush: 'manual' });
    const transport = world.network.transport(site.name);
    this.#close = () => transport.close();
    this.engine = new ShardEngine({
      ...{ site: site.name, shard: 'main', priority: site.priority, peers: world.peersOf(site.name) },
      ...{ source: this.source, target: this.target, keyspaceEvents: this.events, transport },
      log: this.#flushing(),
      clock: { now: () => site.now() },
      randomHex: (length) => Array.from({ length }, () => random.integer(0, 15).toString(16)).join(''),
      digest,
      timers: scheduler.timersFor(this),
      limits: world.limits,
      onHalt: (state, reason) => site.halts.push(`${state}: ${reason}`),
    });
    void this.engine.start();
  }

  get isIdle(): boolean {
    return this.source.isIdle && this.target.isIdle && this.events.isIdle && this.#flushes.length === 0;
  }

  /** Everything that is not flushed is lost; calls on their way may still arrive. */
  crash(): void {
    this.isAlive = false;
    this.target.break();
    this.log.crash();
    this.#world.scheduler.stopTimers(this);
    this.#world.scheduler.remove(this.#flushes);
    void this.source.close();
    void this.events.close();
    void this.#close();
  }

  /** A log whose every commit reaches the disk at some later step. */
  #flushing(): MemoryLog {
    const { log } = this;
    return new Proxy(log, {
      get: (of, name) => {
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== 'function') return value;
        if (name === 'commit') {
          return (commit: Parameters<MemoryLog['commit']>[0]) => {
            this.#flushes.push(() => log.flush(1));
            return log.commit(commit);
          };
        }
        return value.bind(of);
      },
    });
  }
}

/** One site. */
export class SimSite {
  readonly name: string;
  readonly priority: number;
  readonly redis: RedisModel;
  readonly client: ModelClient;
  readonly halts: string[] = [];
  disk = new MemoryLogDisk();
  /** What the site's clock says beyond the true time, in milliseconds. */
  skewMs = 0;
  readonly #world: SimWorld;
  #process: Process | undefined;

  constructor(world: SimWorld, name: string, priority: number) {
    this.#world = world;
    this.name = name;
    this.priority = priority;
    this.redis = new RedisModel({
      replicationId: name.repeat(40).slice(0, 40),
      now: () => this.now(),
      random: () => world.random.next(),
      onEvent: (db, key, kind) => this.#process?.events.event(db, key, kind),
    });
    this.client = this.redis.connect();
  }

  now(): number {
    return Math.floor(this.#world.scheduler.now + this.skewMs);
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** Nothing is on its way within the site. */
  get isIdle(): boolean {
    return this.#process?.isIdle === true && !isBusy(this.status());
  }

  start(): void {
    this.#process = new Process(this.#world, this);
  }

  crash(): void {
    this.#process?.crash();
    this.#process = undefined;
  }

  /** Breaks one of the connections to Redis. */
  break(connection: 'source' | 'target' | 'events'): void {
    this.#process?.[connection].break();
  }

  /** Nothing moves on the connections to Redis until then. */
  hold(until: number): void {
    if (this.#process === undefined) return;
    const { source, target, events } = this.#process;
    for (const lane of [source.lane, events.lane, ...target.lanes]) lane.heldUntil = until;
  }

  status(): ShardStatus {
    if (this.#process === undefined) throw new Error(`${this.name} does not run`);
    return this.#process.engine.status();
  }
}

/** Whether something is waiting, heartbeats apart. */
function isBusy({ state, pending }: ShardStatus): boolean {
  return state !== 'running' || pending.inFlight > 0 || pending.inbox > 4;
}
