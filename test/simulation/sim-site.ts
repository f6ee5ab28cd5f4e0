/**
 * A site of a simulated world: a Redis, a disk, a clock that is wrong, and a replicator; or two of them, by mistake.
 *
 * Of two, one has to stop by itself. The other goes on; where both have stopped, whoever runs the site starts the first again.
 */
import { ownField, standaloneMarkerKey } from '@entwine/core';
import type { ShardStatus } from '@entwine/engine';
import { MemoryLogDisk, type ModelClient, type RedisModel, type ResumePoint } from '@entwine/testkit';
import { SimProcess } from './sim-process.ts';
import { SimServers } from './sim-servers.ts';
import type { SimWorld } from './sim-world.ts';

/** How a replicator stops when another one serves its site. */
const givesWay: ReadonlySet<string> = new Set(['superseded', 'resync-required']);

/** One site. */
export class SimSite {
  readonly name: string;
  readonly priority: number;
  readonly servers: SimServers;
  /** Why replicators have stopped that should not have. */
  readonly halts: string[] = [];
  disk: MemoryLogDisk = new MemoryLogDisk();
  /** What the site's clock says beyond the true time, in milliseconds; and what it gains in each. */
  skewMs = 0;
  /** Where replicators went on reading that were started so far; undefined: they began anew. */
  readonly begins: (number | undefined)[] = [];
  /** Nobody waits for it any more. */
  isOut = false;
  #connection: { readonly redis: RedisModel; readonly client: ModelClient } | undefined;
  readonly #world: SimWorld;
  #process: SimProcess | undefined;
  #rival: SimProcess | undefined;
  #isGone = false;
  #missedEvents = false;
  /** The log of the first replicator, once there has been a second. */
  #former: MemoryLogDisk | undefined;
  #drift: { readonly rate: number; readonly since: number } | undefined;

  constructor(world: SimWorld, name: string, priority: number) {
    this.#world = world;
    this.name = name;
    this.priority = priority;
    this.servers = new SimServers(name, world.scheduler, {
      now: () => this.now(),
      random: () => world.random.next(),
      onEvent: (db, key, kind) => {
        this.#process?.events.event(db, key, kind);
        this.#rival?.events.event(db, key, kind);
      },
    });
  }

  /** The master. */
  get redis(): RedisModel {
    return this.servers.master;
  }

  /** A connection of applications to the master. */
  get client(): ModelClient {
    const { redis } = this;
    if (this.#connection?.redis !== redis) this.#connection = { redis, client: redis.connect() };
    return this.#connection.client;
  }

  /** Something happens to its servers, after which another one is the master: every connection has to be made anew. */
  changeServer(change: (servers: SimServers) => void): void {
    change(this.servers);
    for (const process of [this.#process, this.#rival]) process?.loseServer();
  }

  now(): number {
    const { now } = this.#world.scheduler;
    const drifted = this.#drift === undefined ? 0 : this.#drift.rate * (now - this.#drift.since);
    return Math.floor(now + this.skewMs + drifted);
  }

  /** From now on its clock gains so much in each millisecond. */
  drift(rate: number): void {
    const { now } = this.#world.scheduler;
    if (this.#drift !== undefined) this.skewMs += this.#drift.rate * (now - this.#drift.since);
    this.#drift = { rate, since: now };
  }

  /** Its clock is right. */
  setClock(): void {
    this.#drift = undefined;
    this.skewMs = 0;
  }

  /** Replicators started so far. */
  get lives(): number {
    return this.begins.length;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** Whether there are two replicators. */
  get hasRival(): boolean {
    return this.#rival !== undefined;
  }

  /** Whether its replicator hears what its server does by itself. */
  get hearsEvents(): boolean {
    return this.#process?.events.isHeard === true;
  }

  /** Whether one of its replicators so far has told that events may be missing. */
  get hasMissedEvents(): boolean {
    this.#missedEvents ||= this.#process?.engine.status().alarms.some(isOfEvents) === true;
    return this.#missedEvents;
  }

  /** Nothing is on its way within the site. */
  get isIdle(): boolean {
    if (this.isOut) return true;
    return this.#rival === undefined && this.#process?.isIdle === true && !isBusy(this.status());
  }

  /** Whether its replicator reads from a replica. */
  get isOnReplica(): boolean {
    return this.#process?.source.isOnReplica === true;
  }

  /** Where its replicator goes on reading after a crash. */
  get committed(): ResumePoint | undefined {
    return ledgerOn(this.disk)?.position;
  }

  /** The replicator's calls. */
  get target(): SimProcess['target'] | undefined {
    return this.#process?.target;
  }

  /** Its replicator has died, and is not started again before it comes back. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Its replicator dies for good. */
  leave(): void {
    this.crash();
    this.#isGone = true;
  }

  /** Somebody starts it again all the same. */
  comeBack(): void {
    this.#open();
  }

  /** Declares another site out. Returns why that cannot be. */
  declareOut(site: string): string | undefined {
    return this.#process === undefined ? 'it does not run' : this.#process.engine.declareOut(site);
  }

  start(): void {
    if (!this.#isGone) this.#open();
  }

  #open(): void {
    this.begins.push(this.committed?.offset);
    const process: SimProcess = new SimProcess(this.#world, this, this.disk, () => this.#halted(process));
    this.#process = process;
  }

  /** A second replicator is started beside the first. @param disk - its own. */
  startRival(disk: MemoryLogDisk): void {
    this.begins.push(ledgerOn(disk)?.position.offset);
    const process: SimProcess = new SimProcess(this.#world, this, disk, () => this.#halted(process));
    this.#rival = process;
    this.#former = this.disk;
  }

  crash(): void {
    if (this.#process === undefined) return;
    if (this.#isMarkerAhead()) this.#world.situations.note('crash between marker and commit');
    this.#missedEvents = this.hasMissedEvents;
    this.#process.crash();
    this.#process = undefined;
  }

  /** Once one of two replicators has stopped, the other is the only one. */
  settleRivals(): void {
    const [process, rival, former] = [this.#process, this.#rival, this.#former];
    const { situations } = this.#world;
    if (rival === undefined) {
      if (process?.halted === undefined || former === undefined) return;
      // The second lacked what the first had sent by then; or the first has seen its claim when it had stopped.
      situations.note('both replicators stopped, one after the other');
      this.#former = undefined;
      this.crash();
      this.disk = former;
      this.start();
    } else if (rival.halted !== undefined) {
      situations.note(`second replicator ${rival.halted.state}`);
      rival.crash();
      this.#rival = undefined;
      if (process?.halted === undefined) return;
      situations.note('both replicators stopped');
      this.crash();
      this.start();
    } else if (process?.halted !== undefined) {
      situations.note(`first replicator ${process.halted.state}`);
      process.crash();
      this.#process = rival;
      this.#rival = undefined;
      this.disk = rival.disk;
    }
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

  /** Nothing that its replicator commits reaches the disk until then. */
  holdFlushes(until: number): void {
    this.#process?.holdFlushes(until);
  }

  /** Notes what its replicator has counted. */
  tell(): void {
    this.#process?.tell();
  }

  status(): ShardStatus {
    if (this.#process === undefined) throw new Error(`${this.name} does not run`);
    return this.#process.engine.status();
  }

  #halted(process: SimProcess): void {
    const { state, reason } = process.halted!;
    // What a dead process still does nobody sees.
    if (this.#isGone || !process.isAlive) return;
    if (this.#former === undefined || !givesWay.has(state)) this.halts.push(`${state}: ${reason}`);
  }

  /** Whether Redis holds a peer's marker field that the log on the disk does not know. */
  #isMarkerAhead(): boolean {
    const ledger = ledgerOn(this.disk);
    const held = this.redis.keyspace.db(0).get(standaloneMarkerKey)?.value;
    if (ledger === undefined || held?.type !== 'hash') return false;
    return [...held.fields].some(([field, value]) => field !== ownField && ledger.marker[field] !== value);
  }
}

/** As it is on a disk. */
function ledgerOn(
  disk: MemoryLogDisk,
): { readonly marker: Record<string, string>; readonly position: ResumePoint } | undefined {
  const stored = disk.facts.get('ledger');
  return stored && JSON.parse(new TextDecoder().decode(stored));
}

function isOfEvents({ name }: { readonly name: string }): boolean {
  return name.startsWith('keyspace-events');
}

/** Whether something is waiting, heartbeats apart. */
function isBusy({ state, pending }: ShardStatus): boolean {
  return state !== 'running' || pending.inFlight > 0 || pending.inbox > 4;
}
