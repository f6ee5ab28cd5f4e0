/**
 * The servers of a simulated site: a master, what it has saved, and perhaps a replica that follows it, more or less behind.
 *
 * Who is connected to them does not hear from here that another one has become the master: `SimSite` breaks the connections.
 */
import {
  ModelReplica,
  RedisModel,
  type RedisModelOptions,
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

  /** The replica becomes the master, with what it has by then; the former master is gone. */
  promote(): void {
    const { replica } = this.#mustFollow();
    this.#endReplica();
    this.#master = replica.promote(this.#newId());
  }

  /** The master waits until the replica has everything, and they change places (FAILOVER). */
  changePlaces(): void {
    const following = this.#mustFollow();
    const former = this.#master;
    this.#give(following, former.log.end - following.fed);
    this.promote();
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
