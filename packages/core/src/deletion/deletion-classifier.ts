/**
 * Tells a client's DEL from an expiry and an eviction, by the master's keyspace events.
 *
 * A server writes the event and the delete in one execution: whoever asks it afterwards how far its stream reaches, on
 * the connection that carries the events (a fence), has got the event of every delete before that place, and of no delete
 * behind it. So fences cut the events into windows of the stream, and a delete is judged by the events of its key in its
 * window alone, wherever the reading of the stream stands: ahead of the events or, behind a replica, far after them.
 *
 * Rules
 *  1. No event for the key in its window: `user`. This is exact.
 *  2. As many events as deletes read of the window so far: the server's; the i-th delete takes the i-th event's kind. Not
 *     exact only when the key has a client's delete and a server's in one window and the latter is not yet read; the
 *     latter is `mixed` then.
 *  3. Any other count, and every delete of a window with missing events (a gap): `mixed`.
 *  4. A window is dropped once a delete behind it is asked about: its unpaired events (of a delete that the stream
 *     shows in another form) can do no harm to what comes later, however long nothing comes.
 *  5. Deletes are asked about in stream order. Those read again after a break of the stream are `mixed` where their
 *     window was dropped, and counted twice where it was not.
 *  6. The events held are bounded; over the limit the oldest windows become gaps.
 *  7. Fences of another history (replication id), or one that lies before its predecessor, begin anew with a gap.
 *
 * It asks for no fence and knows no time: see `Deletions` of the engine.
 */
import type { EventFence, KeyspaceEventKind } from '../ports.ts';
import type { StreamDelete, Verdict } from './verdict.ts';

/** Events held of windows not yet read. About 200 bytes each. */
export const defaultMaxEvents: number = 200_000;

/** What a window knows of one key. */
interface Seen {
  readonly kinds: KeyspaceEventKind[];
  /** Deletes judged so far. */
  deletes: number;
}

/** Events between two fences; undefined where some may be missing. */
interface Window {
  seen: Map<string, Seen> | undefined;
  events: number;
}

interface ClosedWindow extends Window {
  readonly to: number;
}

/** Events and fences in, verdicts out. Mutable; one for each shard. */
export class DeletionClassifier {
  readonly #maxEvents: number;
  /** Oldest first; each reaches from its predecessor's end to its own. */
  #closed: ClosedWindow[] = [];
  /** Where the oldest window begins; what lies before was dropped. */
  #from = 0;
  /** Since the last fence. */
  #open: Window = gap();
  #lost = true;
  #replicationId = '';
  #events = 0;
  #overflows = 0;

  /** @param maxEvents - events held at most. @defaultValue 200,000 */
  constructor(maxEvents: number = defaultMaxEvents) {
    this.#maxEvents = maxEvents;
  }

  /** The history that the events belong to; empty before the first fence. */
  get replicationId(): string {
    return this.#replicationId;
  }

  /** Events held. */
  get events(): number {
    return this.#events;
  }

  /** How often a window was given up because too many events waited for their deletes. */
  get overflows(): number {
    return this.#overflows;
  }

  /** Whether events are missing now. */
  get isLost(): boolean {
    return this.#lost;
  }

  /** The master deleted a key. */
  event(db: number, key: string, kind: KeyspaceEventKind): void {
    const { seen } = this.#open;
    if (seen === undefined) return;
    const id = `${db} ${key}`;
    const known = seen.get(id);
    if (known === undefined) seen.set(id, { kinds: [kind], deletes: 0 });
    else known.kinds.push(kind);
    this.#open.events++;
    if (++this.#events > this.#maxEvents) this.#overflow();
  }

  /** Events are missing since the last fence, and until `restored`. */
  lost(): void {
    this.#giveUp(this.#open);
    this.#lost = true;
  }

  /** Events are complete behind `fence`. */
  restored(fence: EventFence): void {
    this.#giveUp(this.#open);
    this.#close(fence);
    this.#lost = false;
    this.#open = { seen: new Map(), events: 0 };
  }

  /** A fence has passed: all events before it were given. */
  fence(fence: EventFence): void {
    if (this.#lost) return;
    const continues = fence.replicationId === this.#replicationId && fence.offset >= (this.#closed.at(-1)?.to ?? 0);
    if (!continues) {
      this.restored(fence);
      return;
    }
    this.#close(fence);
    this.#open = { seen: new Map(), events: 0 };
  }

  /** Whether a delete at this place can be judged without another fence. */
  covers(replicationId: string, end: number): boolean {
    if (this.#lost) return true;
    return replicationId === this.#replicationId && end <= (this.#closed.at(-1)?.to ?? -1);
  }

  /**
   * Judges deletes, in stream order. Those that no fence covers are `mixed`.
   * @param replicationId - the history that the stream is read under.
   */
  judge(replicationId: string, deletes: readonly StreamDelete[]): Verdict[] {
    if (replicationId !== this.#replicationId) return deletes.map(() => 'mixed');
    // Counted first: two deletes of one key are judged by both.
    const found = deletes.map(({ db, key, end }) => {
      const window = this.#windowOf(end);
      if (window?.seen === undefined) return 'gap';
      const seen = window.seen.get(`${db} ${key}`);
      return seen && { seen, index: seen.deletes++ };
    });
    return found.map((place) => {
      if (place === undefined) return 'user';
      if (place === 'gap' || place.seen.kinds.length !== place.seen.deletes) return 'mixed';
      return place.seen.kinds[place.index]!;
    });
  }

  /** The window that holds a place. Those before it are dropped: nothing before it will be asked about in order. */
  #windowOf(end: number): Window | undefined {
    if (end <= this.#from) return undefined;
    let passed = 0;
    while (passed < this.#closed.length && this.#closed[passed]!.to < end) passed++;
    if (passed === 0) return this.#closed[0];
    const dropped = this.#closed.slice(0, passed);
    for (const window of dropped) this.#empty(window);
    this.#from = dropped.at(-1)!.to;
    // The last one stays: its end is where the open window begins.
    this.#closed = this.#closed.slice(Math.min(passed, this.#closed.length - 1));
    const [first] = this.#closed;
    return first !== undefined && first.to >= end ? first : undefined;
  }

  #close({ replicationId, offset }: EventFence): void {
    if (replicationId !== this.#replicationId || offset < (this.#closed.at(-1)?.to ?? 0)) {
      for (const window of this.#closed) this.#empty(window);
      this.#closed = [];
      this.#from = 0;
      this.#giveUp(this.#open);
    }
    this.#replicationId = replicationId;
    const last = this.#closed.at(-1);
    // What is alike needs no border: gaps, and windows without an event.
    const alike = last !== undefined && last.events + this.#open.events === 0 && !last.seen === !this.#open.seen;
    if (alike) this.#closed.pop();
    this.#closed.push({ ...this.#open, to: offset });
  }

  #overflow(): void {
    this.#overflows++;
    for (const window of this.#closed) {
      if (this.#events <= this.#maxEvents / 2) return;
      this.#giveUp(window);
    }
    if (this.#events > this.#maxEvents / 2) this.#giveUp(this.#open);
  }

  /** Makes a gap of a window. */
  #giveUp(window: Window): void {
    this.#empty(window);
    window.seen = undefined;
  }

  #empty(window: Window): void {
    this.#events -= window.events;
    window.events = 0;
  }
}

function gap(): Window {
  return { seen: undefined, events: 0 };
}
