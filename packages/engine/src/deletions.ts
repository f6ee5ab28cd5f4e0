/**
 * Deletions: asks what the deletes of the local stream were, and waits for the answer.
 *
 * Rules
 *  1. A delete is judged once a fence reaches it. A fence is asked for when a delete wants one, and while events arrive
 *     that no delete has asked about (the stream lags; then the answer is there before the delete is read).
 *  2. One fence is on its way at a time, and they keep a distance: deletes that come meanwhile wait for the next.
 *  3. A fence that does not come in time makes a gap, as lost events do: until a fence has passed again, deletes are
 *     `mixed` at once, nobody waits, and the alarm stands.
 *  4. Answers come in the order asked.
 *
 * It neither reads the stream nor holds it up; what is to be done with a verdict, the local stream knows.
 */
import {
  DeletionClassifier,
  type EventFence,
  type KeyspaceEventKind,
  type KeyspaceEventSink,
  type KeyspaceEvents,
  type StreamDelete,
  type Verdict,
} from '@entwine/core';
import type { Alarms } from './alarms.ts';
import type { Shard } from './shard.ts';
import type { Tallies } from './tallies.ts';
import type { Timers } from './timers.ts';

/** Named times and limits of the classification. */
export interface DeletionLimits {
  /** Milliseconds after which a fence counts as lost. */
  readonly fenceTimeoutMs: number;
  /** Milliseconds from one fence to the next while deletes wait. */
  readonly fenceGapMs: number;
  /** Milliseconds after an event within which a fence follows though no delete asks for one. */
  readonly eventFenceMs: number;
  /** Milliseconds between attempts while fences do not come. */
  readonly retryMs: number;
  /** Events held for deletes not yet read. */
  readonly maxEvents: number;
}

export const defaultDeletionLimits: DeletionLimits = {
  fenceTimeoutMs: 2000,
  fenceGapMs: 2,
  eventFenceMs: 10,
  retryMs: 1000,
  maxEvents: 200_000,
};

/** What it is made from. */
export interface DeletionsOptions {
  /** Absent: every delete is a client's. */
  readonly events: KeyspaceEvents | undefined;
  readonly alarms: Alarms;
  readonly tallies: Tallies;
  readonly timers: Timers;
  readonly limits?: Partial<DeletionLimits>;
  readonly onNote?: (message: string) => void;
}

interface Waiting {
  readonly replicationId: string;
  readonly deletes: readonly StreamDelete[];
  readonly end: number;
  readonly resolve: (verdicts: readonly Verdict[]) => void;
}

/** Classifies the deletes of one shard's stream. */
export class Deletions implements KeyspaceEventSink {
  readonly #options: DeletionsOptions;
  readonly #limits: DeletionLimits;
  readonly #classifier: DeletionClassifier;
  #waiting: Waiting[] = [];
  /** Whether a fence is on its way, or the distance to the last one is being kept. */
  #asking: 'no' | 'asked' | 'pause' = 'no';
  /** How many at the front of `#waiting` were there when the fence on its way was asked for. */
  #askedFor = 0;
  /** Fences asked for and not come. */
  #unanswered = 0;
  /** Cancels the fence that is due because of an event. */
  #cancelEventFence: (() => void) | undefined;
  #cancelTimer: () => void = () => {};
  /** Fences don't come, though the port has not said that events are lost. */
  #late = false;
  #closed = false;
  /** The history that the stream is read under; empty before the first. */
  #attached = '';

  constructor(options: DeletionsOptions) {
    this.#options = options;
    this.#limits = { ...defaultDeletionLimits, ...options.limits };
    this.#classifier = new DeletionClassifier(this.#limits.maxEvents);
  }

  /** Begins to listen. */
  start(): void {
    this.#options.events?.start(this);
  }

  /** The stream is read under this history from now on. A server takes a new one when its first replica attaches. */
  attached(replicationId: string): void {
    this.#attached = replicationId;
    this.#place();
  }

  /**
   * What the deletes of one or more units were, in the order given. Every DEL and UNLINK of exactly one key (see
   * `singleDelete`) has to be asked about, those in marked units too, in stream order; calls are answered in order.
   * @param replicationId - the history that the stream is read under: `shard.at.replicationId`.
   */
  classify(replicationId: string, deletes: readonly StreamDelete[]): Promise<readonly Verdict[]> {
    const now = this.classifyNow(replicationId, deletes);
    if (now !== undefined) return Promise.resolve(now);
    return new Promise((resolve) => {
      this.#waiting.push({ replicationId, deletes, end: deletes.at(-1)!.end, resolve });
      if (this.#asking === 'no') this.#ask();
    });
  }

  /** The same where the answer is known without waiting; undefined otherwise, and nothing has happened then. */
  classifyNow(replicationId: string, deletes: readonly StreamDelete[]): readonly Verdict[] | undefined {
    if (deletes.length === 0) return [];
    if (this.#options.events === undefined) {
      this.#options.tallies.add('deletions', 'user', deletes.length);
      return deletes.map(() => 'user');
    }
    if (this.#waiting.length > 0) return undefined;
    if (!this.#classifier.covers(replicationId, deletes.at(-1)!.end)) return undefined;
    return this.#judge(replicationId, deletes);
  }

  /** Answers what waits, with `mixed`, and stops listening. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    this.#cancelEventFence?.();
    this.#classifier.lost();
    this.#answer(everything);
    await this.#options.events?.close();
  }

  // ---------------------------------------------------------------- events

  event(db: number, key: string, kind: KeyspaceEventKind): void {
    this.#classifier.event(db, key, kind);
    if (this.#cancelEventFence !== undefined || this.#classifier.isLost || this.#closed) return;
    this.#cancelEventFence = this.#options.timers.after(this.#limits.eventFenceMs, () => {
      this.#cancelEventFence = undefined;
      if (this.#asking === 'no') this.#ask();
    });
  }

  lost(reason: string): void {
    if (this.#closed) return;
    this.#late = false;
    this.#unanswered = 0;
    this.#classifier.lost();
    this.#raise(reason);
    this.#answer(everything);
    if (this.#asking === 'asked') this.#pause(this.#limits.fenceGapMs);
  }

  restored(fence: EventFence): void {
    if (this.#closed) return;
    this.#late = false;
    this.#classifier.restored(fence);
    this.#options.alarms.clear('keyspace-events');
    this.#place();
  }

  note(message: string): void {
    this.#options.onNote?.(message);
  }

  // ---------------------------------------------------------------- fences

  /** The first deletes of another history would lie in a gap: a fence ends it before they come. */
  #place(): void {
    if (this.#attached === '' || this.#attached === this.#classifier.replicationId) return;
    if (this.#asking === 'no' && !this.#classifier.isLost && !this.#closed) this.#ask();
  }

  #ask(): void {
    this.#asking = 'asked';
    this.#cancelEventFence?.();
    this.#cancelEventFence = undefined;
    this.#askedFor = this.#waiting.length;
    this.#unanswered++;
    this.#cancelTimer = this.#options.timers.after(this.#limits.fenceTimeoutMs, () => this.#timedOut());
    this.#options.events!.sync();
  }

  fence(fence: EventFence): void {
    if (this.#closed) return;
    this.#unanswered--;
    if (this.#late) {
      this.restored(fence);
      if (this.#unanswered === 0) this.#pause(this.#limits.fenceGapMs);
      return;
    }
    this.#classifier.fence(fence);
    this.#answer(({ replicationId, end }) => this.#classifier.covers(replicationId, end));
    // An earlier question's answer, come late.
    if (this.#unanswered > 0) return;
    // Asked for after a delete was read, the fence lies behind it, unless it is another history's.
    if (this.#askedFor > 0) this.#stray(fence);
    this.#pause(this.#limits.fenceGapMs);
  }

  #stray({ replicationId, offset }: EventFence): void {
    let left = this.#askedFor;
    this.#answer(() => left-- > 0);
    this.#options.alarms.raise(
      'keyspace-events-elsewhere',
      `the master that sends keyspace events (at ${replicationId}:${offset}) is not the one whose stream is read: deletes count as mixed`,
    );
  }

  /** The next fence comes no sooner than this. */
  #pause(ms: number): void {
    this.#cancelTimer();
    this.#asking = 'pause';
    this.#cancelTimer = this.#options.timers.after(ms, () => {
      this.#asking = 'no';
      if (this.#late || this.#waiting.length > 0) this.#ask();
    });
  }

  #timedOut(): void {
    this.#late = true;
    this.#classifier.lost();
    this.#raise(`the master did not answer on its event connection within ${this.#limits.fenceTimeoutMs} ms`);
    this.#answer(everything);
    this.#pause(this.#limits.retryMs);
  }

  #raise(reason: string): void {
    this.#options.alarms.raise(
      'keyspace-events',
      `expiries and evictions cannot be told from deletes, which kill only what this site had seen: ${reason}`,
    );
  }

  /** Answers from the front while `ready`; together, because deletes of one key are judged by each other. Returns how many. */
  #answer(ready: (waiting: Waiting) => boolean): number {
    let count = 0;
    while (count < this.#waiting.length && ready(this.#waiting[count]!)) count++;
    if (count === 0) return 0;
    const answered = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#askedFor = Math.max(0, this.#askedFor - count);
    for (let at = 0; at < count; ) {
      const { replicationId } = answered[at]!;
      let to = at + 1;
      while (to < count && answered[to]!.replicationId === replicationId) to++;
      const alike = answered.slice(at, to);
      const verdicts = this.#judge(
        replicationId,
        alike.flatMap(({ deletes }) => deletes),
      );
      let given = 0;
      for (const { deletes, resolve } of alike) {
        resolve(verdicts.slice(given, given + deletes.length));
        given += deletes.length;
      }
      at = to;
    }
    return count;
  }

  #judge(replicationId: string, deletes: readonly StreamDelete[]): readonly Verdict[] {
    const placed = replicationId === this.#classifier.replicationId;
    if (placed) this.#options.alarms.clear('keyspace-events-elsewhere');
    const verdicts = this.#classifier.judge(replicationId, deletes);
    for (const verdict of verdicts) this.#options.tallies.add('deletions', verdict);
    return verdicts;
  }
}

const everything = (): boolean => true;

/** The classification of a shard that is given keyspace events. */
export function deletionsOf(shard: Shard, timers: Timers): Deletions | undefined {
  const { alarms, tallies } = shard;
  const { keyspaceEvents } = shard.options;
  if (keyspaceEvents === undefined) return undefined;
  return new Deletions({
    events: keyspaceEvents,
    alarms,
    tallies,
    timers,
    onNote: (message) => shard.emit('info', message),
  });
}
