/**
 * The servers of a simulated site: a master, what it has saved, and perhaps a replica that follows it, more or less behind.
 *
 * Who is connected to them does not hear from here that another one has become the master: `SimSite` breaks the connections.
 */
import {
  ModelReplica,
  RedisModel,
  type RedisModelOptions,
  type ResumePoint,
  type Snapshot,
  startMaster,
  takeSnapshot,
} from '@entwine/testkit';
import { Lane, type Scheduler } from './scheduler.ts';

/** The stream from a master to its replica, a piece at a time. */
class ReplicaLane extends Lane {
  readonly #waiting: () => number;
  readonly #deliver: () => void;

  constructor(waiting: () => number, deliver: () => void) {
    super(3);
    this.#waiting = waiting;
    this.#deliver = deliver;
  }

  override isReady(now: number): boolean {
    return this.heldUntil <= now && this.#waiting() > 0;
  }

  override run(): void {
    this.#deliver();
  }
}

interface Following {
  readonly replica: ModelReplica;
  readonly lane: ReplicaLane;
  /** Where the bytes end that it has been given. */
  fed: number;
}

export class SimServers {
  readonly #name: string;
  readonly #scheduler: Scheduler;
  readonly #options: Omit<RedisModelOptions, 'replicationId'>;
  #master: RedisModel;
  #saved: Snapshot | undefined;
  #following: Following | undefined;
  #histories = 0;
  /** Whether streams are read from the replica. */
  readsReplica = false;

  constructor(name: string, scheduler: Scheduler, options: Omit<RedisModelOptions, 'replicationId'>) {
    this.#name = name;
    this.#scheduler = scheduler;
    this.#options = options;
    this.#master = new RedisModel({ ...options, replicationId: name.repeat(40).slice(0, 40) });
  }

  get master(): RedisModel {
    return this.#master;
  }

  get hasReplica(): boolean {
    return this.#following !== undefined;
  }

  /** Whether who goes on from there can go on from the replica too, once it is the master. Its backlog begins where it did. */
  mayFollow(place: ResumePoint | undefined): boolean {
    if (this.#following === undefined || place === undefined) return false;
    const isCurrent = place.replicationId === this.#master.log.replicationId;
    return isCurrent && this.#following.replica.server.log.start <= place.offset;
  }

  /** The server to read from: the replica, where there is one and that is wanted; but always one that can continue. */
  source(resume: ResumePoint | null): RedisModel {
    const replica = this.readsReplica ? this.#following?.replica.server : undefined;
    if (replica === undefined) return this.#master;
    if (resume === null || replica.log.continues(resume)) return replica;
    return this.#master.log.continues(resume) ? this.#master : replica;
  }

  /** Writes what the master holds to its disk (SAVE). */
  save(): void {
    this.#saved = takeSnapshot(this.#master);
  }

  /** The master is killed, and started again with what it saved last, or without it. A replica goes with it. */
  restart(from: 'saved' | 'nothing'): void {
    this.#endReplica();
    const options = { ...this.#options, replicationId: this.#newId() };
    this.#master =
      from === 'saved' && this.#saved !== undefined ? startMaster(this.#saved, options) : new RedisModel(options);
  }

  /** A replica is started, and is in step. */
  addReplica(): void {
    this.#follow(ModelReplica.start(takeSnapshot(this.#master), this.#options));
    this.#master.log.selected = -1;
  }

  /** The replica is given nothing until then. */
  holdReplica(until: number): void {
    if (this.#following !== undefined) this.#following.lane.heldUntil = until;
  }

  /** The replica becomes the master, with what it has by then, or with everything; the former master is gone. */
  promote(isInStep: boolean = false): void {
    const following = this.#mustFollow();
    const { replica } = following;
    if (isInStep) this.#give(following, this.#master.log.end - following.fed);
    this.#endReplica();
    this.#master = replica.promote(this.#newId());
  }

  /** The master waits until the replica has everything, and they change places (FAILOVER). */
  changePlaces(): void {
    const former = this.#master;
    this.promote(true);
    const demoted = ModelReplica.demote(former);
    demoted.continueAs(this.#master.log.replicationId);
    this.#follow(demoted);
  }

  #mustFollow(): Following {
    if (this.#following === undefined) throw new Error(`${this.#name} has no replica`);
    return this.#following;
  }

  #follow(replica: ModelReplica): void {
    const { random } = this.#options;
    const waiting = (): number => this.#master.log.end - following.fed;
    const lane = new ReplicaLane(waiting, () => {
      this.#give(following, random() < 0.5 ? waiting() : 1 + Math.floor(random() * waiting()));
    });
    const following: Following = { replica, lane: this.#scheduler.add(lane), fed: replica.place.offset };
    this.#following = following;
  }

  #give(following: Following, size: number): void {
    if (size === 0) return;
    const bytes = this.#master.log.bytes(following.fed).slice(0, size);
    following.fed += size;
    following.replica.feed(bytes);
  }

  #endReplica(): void {
    if (this.#following === undefined) return;
    this.#scheduler.remove(this.#following.lane);
    this.#following.replica.disconnect();
    this.#following = undefined;
  }

  #newId(): string {
    return `${this.#name}${++this.#histories}`.repeat(40).slice(0, 40);
  }
}
