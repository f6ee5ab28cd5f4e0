/** What a replicator is connected to its simulated Redis by: the stream, the calls, the keyspace events. */
import {
  type Attachment,
  type EventFence,
  type KeyspaceEventKind,
  type KeyspaceEventSink,
  type KeyspaceEvents,
  type Source,
  type SourceSink,
  type Target,
  type TargetReply,
  toByteString,
} from '@entwine/core';
import { type RedisModel, type ResumePoint, runApplyScript, targetReply } from '@entwine/testkit';
import type { Random } from '../../apps/demo/src/lab/index.ts';
import { type Chance, Lane, type Scheduler } from './scheduler.ts';
import type { Situations } from './situations.ts';

/** What connections need of their world. */
export interface Place {
  readonly scheduler: Scheduler;
  readonly situations: Situations;
  readonly chance: Chance;
  /** The master, at this moment. */
  readonly redis: RedisModel;
  /** The server to read from. */
  readonly source: (resume: ResumePoint | null) => RedisModel;
  readonly name: string;
  /** Whether the process at our end lives. */
  readonly isAlive: () => boolean;
}

/** A lane that moves when there are bytes to deliver. */
class StreamLane extends Lane {
  readonly #isWaiting: () => boolean;
  readonly #deliver: () => void;

  constructor(isWaiting: () => boolean, deliver: () => void) {
    super(4);
    this.#isWaiting = isWaiting;
    this.#deliver = deliver;
  }

  override isReady(now: number): boolean {
    return super.isReady(now) || (this.heldUntil <= now && this.length === 0 && this.#isWaiting());
  }

  override run(): void {
    if (this.length > 0) super.run();
    else this.#deliver();
  }
}

/** The replication stream: cut into pieces by chance, broken when told. */
export class SimSource implements Source {
  readonly #place: Place;
  readonly lane: Lane;
  #sink: SourceSink | undefined;
  #isAttached = false;
  #isPaused = false;
  #sent = 0;
  /** Attached to. */
  #server: RedisModel;

  constructor(place: Place) {
    this.#place = place;
    this.#server = place.redis;
    this.lane = place.scheduler.add(
      new StreamLane(
        () => this.#isAttached && !this.#isPaused && this.#sent < this.#server.log.end,
        () => this.#deliver(),
      ),
    );
  }

  get isAttached(): boolean {
    return this.#isAttached;
  }

  /** Whether it reads from a replica. */
  get isOnReplica(): boolean {
    return this.#isAttached && this.#server.role === 'replica';
  }

  get isIdle(): boolean {
    return this.#isAttached && this.#sent === this.#place.redis.log.end && this.lane.length === 0;
  }

  start(sink: SourceSink): void {
    this.#sink = sink;
    this.lane.push(() => this.#attach());
  }

  pause(): void {
    this.#place.situations.note('source paused');
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  async close(): Promise<void> {
    this.#sink = undefined;
    this.#isAttached = false;
    this.#place.scheduler.remove(this.lane);
  }

  /** The connection breaks, and is made again. */
  break(): void {
    if (!this.#isAttached) return;
    this.#isAttached = false;
    this.lane.clear();
    this.#sink?.detached(new Error('the connection was lost'));
    this.lane.push(() => this.#attach());
  }

  #attach(): void {
    const { name } = this.#place;
    if (this.#sink === undefined || !this.#place.isAlive()) return;
    const resume = this.#sink.resumeFrom();
    const redis = this.#place.source(resume);
    this.#server = redis;
    const common = { endpoint: name, role: redis.role, backlogEnd: redis.log.end } as const;
    const continues = resume !== null && redis.log.continues(resume);
    const position = continues
      ? { ...resume, replicationId: redis.log.replicationId }
      : { replicationId: redis.log.replicationId, offset: redis.log.end, db: redis.log.selected };
    const attachment: Attachment = continues
      ? { mode: 'continue', position, ...common }
      : { mode: 'full', position, ...common, empty: [...redis.keyspace].length === 0 };
    this.#sent = position.offset;
    this.#isAttached = true;
    this.#sink.attached(attachment);
  }

  #deliver(): void {
    const { chance } = this.#place;
    const { log } = this.#server;
    const from = this.#sent;
    const waiting = log.end - from;
    this.#sent += chance() < 0.5 ? waiting : 1 + Math.floor(chance() * waiting);
    this.#sink?.bytes(log.bytes(from, this.#sent));
  }
}

interface Call {
  /** @returns what hands the answer over */
  readonly arrive: () => () => void;
  readonly fail: () => void;
}

/** Script calls: they arrive in order, are answered in order, and may still arrive when the connection has gone. */
export class SimTarget implements Target {
  readonly #place: Place;
  #out: Lane;
  #back: Lane;
  #open: Call[] = [];
  /** Told of every script call that has been sent and has not arrived. */
  onApply: ((words: readonly string[]) => void) | undefined;
  /** So many calls from now on run, and their answers are lost. */
  answersToLose = 0;
  /** While it is there, calls that have run arrive once more, later, by its chance. */
  repeat: Random | undefined;

  constructor(place: Place) {
    this.#place = place;
    this.#out = place.scheduler.add(new Lane(3));
    this.#back = place.scheduler.add(new Lane(3));
  }

  get isIdle(): boolean {
    return this.#open.length === 0;
  }

  get lanes(): readonly Lane[] {
    return [this.#out, this.#back];
  }

  apply(key: string, args: readonly (string | Uint8Array)[]): Promise<TargetReply> {
    const words = args.map((arg) => (typeof arg === 'string' ? arg : toByteString(arg)));
    if (isByDifference(words)) this.#place.situations.note('correction by difference');
    // To the server that is the master now, whatever becomes of it on the way.
    const { redis } = this.#place;
    const reply = this.#call<TargetReply>(() => this.#run(redis, key, words), lost);
    this.onApply?.(words);
    return reply;
  }

  /** A call arrives. */
  #run(redis: RedisModel, key: string, words: readonly string[]): TargetReply {
    const { situations } = this.#place;
    const reply = targetReply(runApplyScript(redis, key, words));
    if (reply.ok && reply.reply.startsWith('ok:') && this.repeat?.chance(0.3) === true)
      this.#later(this.repeat, redis, key, words);
    if (this.answersToLose === 0) return reply;
    this.answersToLose--;
    situations.note('answer lost');
    return lost;
  }

  /** A call that has run arrives again when others have run since: the marker refuses it. */
  #later(random: Random, redis: RedisModel, key: string, words: readonly string[]): void {
    const { scheduler, situations } = this.#place;
    const lane = scheduler.add(new Lane(1));
    lane.heldUntil = scheduler.now + random.integer(0, 400);
    lane.push(() => {
      scheduler.remove(lane);
      const reply = targetReply(runApplyScript(redis, key, words));
      situations.note(`late duplicate ${reply.ok && reply.reply.startsWith('ok:') ? 'ran' : 'refused'}`);
    });
  }

  async library(): Promise<undefined> {
    return undefined;
  }

  readHash(key: string): Promise<Map<string, string>> {
    const { redis } = this.#place;
    return this.#call(() => {
      const stored = redis.keyspace.db(0).get(key);
      return new Map(stored?.value.type === 'hash' ? stored.value.fields : []);
    });
  }

  async close(): Promise<void> {}

  /** Calls do not arrive until then. */
  hold(until: number): void {
    this.#out.heldUntil = until;
  }

  /** The connection breaks: answers are lost, and of the calls on their way some arrive all the same, later. */
  break(): void {
    this.giveUp(Math.floor(this.#place.chance() * (this.#out.length + 1)), 0);
  }

  /**
   * The connection is given up. @param kept - how many of the calls on their way arrive all the same. @param heldUntil - when,
   * at the earliest. @returns what they wait in
   */
  giveUp(kept: number, heldUntil: number): Lane {
    const { scheduler } = this.#place;
    const late = scheduler.add(new Lane(1));
    late.heldUntil = heldUntil;
    const out = this.#out;
    this.#back.clear();
    const steps = out.clear();
    for (const step of steps.slice(0, kept)) late.push(step);
    scheduler.remove(out);
    scheduler.remove(this.#back);
    this.#out = scheduler.add(new Lane(3));
    this.#back = scheduler.add(new Lane(3));
    for (const call of this.#open) this.#answer(call, call.fail);
    return late;
  }

  #answer(call: Call, answer: () => void): void {
    this.#back.push(() => {
      this.#open = this.#open.filter((other) => other !== call);
      answer();
    });
  }

  #call<T>(run: () => T, failure?: T): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (answer: () => void): void => {
        if (this.#place.isAlive()) answer();
      };
      const call: Call = {
        arrive: () => {
          const value = run();
          return () => settle(() => resolve(value));
        },
        fail: () =>
          settle(() => (failure === undefined ? reject(new Error('the connection was lost')) : resolve(failure))),
      };
      this.#open.push(call);
      const out = this.#out;
      out.push(() => {
        const answer = call.arrive();
        if (out !== this.#out) return;
        this.#answer(call, answer);
      });
    });
  }
}

const lost: TargetReply = { ok: false, sent: true, code: 'unreachable', message: 'the connection was lost' };

/** Whether a call corrects a number by difference: `R`, its test, the key (see the script). */
function isByDifference(words: readonly string[]): boolean {
  return words.some((word, at) => word === 'R' && /^[shz]$/.test(words[at + 1] ?? '') && words[at + 2] !== undefined);
}

/** Keyspace events: on a connection of their own, in the order of the server. */
export class SimEvents implements KeyspaceEvents {
  readonly #place: Place;
  readonly lane: Lane;
  readonly #asks: Lane;
  #sink: KeyspaceEventSink | undefined;
  #isUp = false;
  #isHeard = false;

  constructor(place: Place) {
    this.#place = place;
    this.lane = place.scheduler.add(new Lane(3));
    this.#asks = place.scheduler.add(new Lane(3));
  }

  get isIdle(): boolean {
    return this.lane.length + this.#asks.length === 0;
  }

  /** Whether what happens now will be heard of, and the replicator knows that. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  start(sink: KeyspaceEventSink): void {
    this.#sink = sink;
    this.#asks.push(() => this.#connect());
  }

  sync(): void {
    if (!this.#isUp) return;
    this.#asks.push(() => {
      const fence = this.#fence();
      this.#tell((to) => to.fence(fence));
    });
  }

  async close(): Promise<void> {
    this.#sink = undefined;
    this.#place.scheduler.remove(this.lane);
    this.#place.scheduler.remove(this.#asks);
  }

  /** The server has deleted a key by itself. */
  event(db: number, key: string, kind: KeyspaceEventKind): void {
    if (this.#isUp) this.#tell((to) => to.event(db, key, kind));
  }

  /** The connection breaks, and is made again. */
  break(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#isHeard = false;
    this.lane.clear();
    this.#asks.clear();
    this.#sink?.lost('the connection was lost');
    this.#asks.push(() => this.#connect());
  }

  #connect(): void {
    this.#isUp = true;
    const fence = this.#fence();
    this.#tell((to) => {
      this.#isHeard = true;
      to.restored(fence);
    });
  }

  #fence(): EventFence {
    const { replicationId, end } = this.#place.redis.log;
    return { replicationId, offset: end };
  }

  #tell(run: (sink: KeyspaceEventSink) => void): void {
    this.lane.push(() => {
      if (this.#sink !== undefined && this.#place.isAlive()) run(this.#sink);
    });
  }
}
