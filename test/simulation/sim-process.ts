/** One life of a replicator at a simulated site. */
import { decodeEntries, type LogCommit, type Origin, type Transport } from '@entwine/core';
import { ShardEngine } from '@entwine/engine';
import { MemoryLog, type MemoryLogDisk, MemorySpillStore } from '@entwine/testkit';
import { Lane } from './scheduler.ts';
import { type Place, SimEvents, SimSource, SimTarget } from './sim-connections.ts';
import type { SimSite } from './sim-site.ts';
import type { SimWorld } from './sim-world.ts';

/** Ops that are counted, of those that a site ships. */
const countedOps: ReadonlySet<string> = new Set(['state', 'refill', 'want', 'check']);

/** In place of a keyed digest. */
function digest(text: string): string {
  let hash = 7;
  for (let place = 0; place < text.length; place++) hash = (Math.imul(hash, 31) + text.charCodeAt(place)) | 0;
  return String(hash >>> 0);
}

/** A process: its engine, its connections, its log. */
export class SimProcess {
  readonly source: SimSource;
  readonly target: SimTarget;
  readonly events: SimEvents;
  readonly log: MemoryLog;
  readonly disk: MemoryLogDisk;
  readonly engine: ShardEngine;
  /** Why it has stopped for good. */
  halted: { readonly state: string; readonly reason: string } | undefined;
  isAlive = true;
  readonly #flushes: Lane;
  readonly #world: SimWorld;
  readonly #site: SimSite;
  readonly #transport: Transport;
  /** Whether its log was there before it. */
  readonly #isRestart: boolean;
  readonly #spillStore = new MemorySpillStore();

  /** @param onHalt - told when it has stopped for good. */
  constructor(world: SimWorld, site: SimSite, disk: MemoryLogDisk, onHalt: () => void) {
    this.#world = world;
    this.#site = site;
    this.disk = disk;
    this.#isRestart = disk.facts.size > 0;
    const { scheduler, random, situations } = world;
    const place: Place = {
      ...{ scheduler, situations, chance: () => random.next(), name: site.name },
      get redis() {
        return site.redis;
      },
      source: (resume) => site.servers.source(resume),
      isAlive: () => this.isAlive,
    };
    this.source = new SimSource(place);
    this.target = new SimTarget(place);
    this.events = new SimEvents(place);
    this.#flushes = scheduler.add(new Lane(3));
    this.log = new MemoryLog(disk, { flush: 'manual' });
    this.#transport = world.network.transport(site.name);
    this.engine = new ShardEngine({
      ...{ site: site.name, shard: 'main', priority: site.priority, peers: world.peersOf(site.name) },
      ...{ source: this.source, target: this.target, keyspaceEvents: this.events },
      transport: this.#countingPauses(),
      log: this.#flushing(),
      spillStore: this.#spillStore,
      clock: { now: () => site.now() },
      randomHex: (length) => Array.from({ length }, () => random.integer(0, 15).toString(16)).join(''),
      digest,
      timers: scheduler.timersFor(this),
      limits: world.limits,
      ...world.shard,
      onHalt: (state, reason) => {
        this.halted = { state, reason };
        onHalt();
      },
    });
    void this.engine.start();
  }

  get isIdle(): boolean {
    return this.source.isIdle && this.target.isIdle && this.events.isIdle && this.#flushes.length === 0;
  }

  /** Another server is the master: nothing of what was on its way comes through. */
  loseServer(): void {
    this.source.break();
    this.target.break();
    this.events.break();
  }

  /** Nothing is flushed until then. */
  holdFlushes(until: number): void {
    this.#flushes.heldUntil = until;
  }

  /** Everything that is not flushed is lost; calls on their way may still arrive. */
  crash(): void {
    this.tell();
    this.isAlive = false;
    this.target.break();
    this.log.crash();
    this.#world.scheduler.stopTimers(this);
    this.#world.scheduler.remove(this.#flushes);
    void this.source.close();
    void this.events.close();
    void this.#transport.close();
  }

  /** Has what it counted noted. Once, at its end. */
  tell(): void {
    const { situations } = this.#world;
    situations.tell(this.engine.status(), this.#isRestart);
    situations.note('key spilled', this.#spillStore.put);
    situations.note('spilled key came back', this.#spillStore.found);
    situations.note('spilled key forgotten', this.#spillStore.taken);
  }

  /** A log whose every commit reaches the disk at some later step. */
  #flushing(): MemoryLog {
    const { log } = this;
    return new Proxy(log, {
      get: (of, name) => {
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== 'function') return value;
        if (name === 'commit') {
          return (commit: LogCommit) => {
            this.#countOps(commit);
            this.#flushes.push(() => log.flush(1));
            return log.commit(commit);
          };
        }
        return value.bind(of);
      },
    });
  }

  #countOps({ append }: LogCommit): void {
    for (const { stream, body } of append) {
      if (!stream.startsWith(`${this.#site.name}/`)) continue;
      const entries = decodeEntries(body);
      if ('code' in entries) throw new Error(`${stream}: ${entries.message}`);
      for (const entry of entries) {
        if (entry.type !== 'unit') continue;
        for (const { type } of entry.ops) if (countedOps.has(type)) this.#world.situations.note(`op ${type}`);
      }
    }
  }

  /** Pauses while the stream is attached are those of full buffers. */
  #countingPauses(): Transport {
    const transport = this.#transport;
    return {
      start: (host) => transport.start(host),
      flushed: (seq) => transport.flushed(seq),
      settled: (origin, seq) => transport.settled(origin, seq),
      pause: (origin: Origin) => {
        if (this.source.isAttached) this.#world.situations.note('inbox paused');
        transport.pause(origin);
      },
      resume: (origin) => transport.resume(origin),
      links: () => transport.links(),
      close: () => transport.close(),
    };
  }
}
