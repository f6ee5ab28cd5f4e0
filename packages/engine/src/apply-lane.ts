/**
 * The apply lane: the one line of script calls to the local master.
 *
 * Every call names the value that the call before it left in our own marker field, so calls take effect in order, each at
 * most once, or not at all. A call is done when its marker is seen in the stream, not when it is answered.
 *
 * When a call fails or finds another value, nobody knows what ran. The lane then waits for all answers, claims the marker
 * anew (a call that only rewrites our field, from whatever it holds), and waits until the claim is seen: every earlier call
 * has then been seen too, or never will be, since the value it expects is gone. What was not seen is sent again. So it is when
 * another server has become the master: what was answered may be lost with the former.
 *
 * | mode | meaning | leaves it |
 * |---|---|---|
 * | closed | not attached, or halted | `claim` |
 * | waiting | calls are still unanswered; a claim follows | last answer |
 * | claiming | a claim is on its way, or is being retried | its marker is seen |
 * | open | batches flow | a failed call, a damaged marker |
 */
import {
  type KeyState,
  type MarkerCodec,
  type Origin,
  type OwnMarker,
  ownField,
  type ReplyValue,
  type Settlement,
  standaloneMarkerKey,
  type Target,
  type TargetReply,
  type Time,
} from '@entwine/core';
import type { Alarms } from './alarms.ts';
import type { Timers } from './timers.ts';
import type { Unrun } from './unrun.ts';

/** One call's content. */
export interface Batch {
  readonly kind: 'remote' | 'correction' | 'own' | 'fence';
  /** The peer's field this call moves; undefined when it is about ourselves only. */
  readonly peer: { readonly origin: Origin; readonly seq: number; readonly time: Time } | undefined;
  /** Operations, after the marker's six arguments. */
  readonly args: readonly (string | Uint8Array)[];
  readonly grows: boolean;
  /** The keys it concerns, each once; each counts it as in flight until it is done. */
  readonly keys: readonly KeyState[];
  /** Under which it was decided (see `Model.call`); 0: by an earlier process, or about nothing that is decided. */
  readonly number: number;
  /** Of a correction: its number, and its settlements by difference; 0 and none otherwise. */
  readonly correction: number;
  readonly settlements: readonly Settlement[];
  /** Whether an earlier process decided it. */
  readonly restored: boolean;
  /** Of a remote batch: the last sequence number it settles (heartbeats behind it included), its units, its newest unit. */
  settles: { seq: number; time: Time };
  /** Its origin's W, if a heartbeat said it; 0 otherwise. */
  reported: Time;
  /** Of a remote batch: its units and ops, and the time of its newest unit. */
  readonly units: number;
  readonly ops: number;
  readonly newestUnit: Time;
  /** Of a remote batch: the databases it flushes; -1 for all. */
  readonly flushed?: readonly number[];
  /** Of a remote batch: its commands that are not run. */
  readonly unrun?: readonly Unrun[];
  /** Of a remote batch: has written down what was noted when it was decided; once it is settled. */
  readonly noted?: (() => void) | undefined;
  /** Of a correction: it adds again what commands of ours had added, and is a local write where it is seen. */
  readonly readds?: boolean;
  /** What the call's reads, and its tests that tell, replied; undefined when it failed. */
  readonly onValues?: (values: readonly ReplyValue[] | undefined) => void;
}

/** What the lane needs of its shard. */
export interface LaneHost {
  /** Last own sequence number committed, and the clock. */
  committed(): { readonly seq: number; readonly time: Time };
  /** Operations that put the marker's other fields right; none when the stream has shown them intact. */
  repairs(): readonly string[];
  /** A field (of an origin, or our own) as last seen; '' when there is none. */
  peerField(origin: Origin): string;
  /** Whether a process has served our log before this one: a marker of its that comes back is no rival's. */
  isPredecessor(instance: string): boolean;
  /** The marker is somebody else's: another log or a newer log of ours served this Redis. */
  foreign(state: 'resync-required' | 'superseded', reason: string): void;
  /** The lane has become open. */
  opened(): void;
  /** A call was answered or seen: there may be room for another. */
  progress(): void;
}

interface InFlight {
  readonly batch: Batch;
  write: number;
  answered: boolean;
}

/** A call about ourselves only. @param onValues - takes what its reads reply. */
export function ownBatch(args: readonly (string | Uint8Array)[], onValues?: Batch['onValues']): Batch {
  return {
    kind: onValues === undefined ? 'own' : 'fence',
    ...(onValues && { onValues }),
    peer: undefined,
    args,
    grows: false,
    keys: [],
    number: 0,
    correction: 0,
    settlements: [],
    restored: false,
    settles: { seq: 0, time: 0 },
    reported: 0,
    units: 0,
    ops: 0,
    newestUnit: 0,
  };
}

/** Delays between attempts after a failure, in milliseconds. */
const firstDelay = 50;
const lastDelay = 2000;

/** The call line of one shard. */
export class ApplyLane {
  readonly #origin: Origin;
  readonly #instance: string;
  readonly #target: Target;
  readonly #codec: MarkerCodec;
  readonly #host: LaneHost;
  readonly #alarms: Alarms;
  readonly #timers: Timers;
  #mode: 'closed' | 'waiting' | 'claiming' | 'open' = 'closed';
  /** Value our own field holds after the last call sent. */
  #own = '';
  #write = 0;
  #correction = 0;
  #claimWrite = -1;
  #queue: InFlight[] = [];
  #unanswered = 0;
  /** Counts claims: answers to calls made before the current one no longer matter. */
  #era = 0;
  #delay = firstDelay;
  #cancelTimer: (() => void) | undefined;
  #everOpen = false;

  constructor(parts: {
    origin: Origin;
    instance: string;
    target: Target;
    codec: MarkerCodec;
    host: LaneHost;
    alarms: Alarms;
    timers: Timers;
  }) {
    this.#origin = parts.origin;
    this.#instance = parts.instance;
    this.#target = parts.target;
    this.#codec = parts.codec;
    this.#host = parts.host;
    this.#alarms = parts.alarms;
    this.#timers = parts.timers;
  }

  get isOpen(): boolean {
    return this.#mode === 'open';
  }

  /** Whether this process has ever had the marker. */
  get everOpen(): boolean {
    return this.#everOpen;
  }

  get inFlight(): number {
    return this.#queue.length;
  }

  /** Calls sent and not answered yet. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** The last remote batch of an origin that is not done. */
  lastOf(origin: Origin): Batch | undefined {
    for (let i = this.#queue.length - 1; i >= 0; i--) {
      const batch = this.#queue[i]!.batch;
      if (batch.peer?.origin === origin) return batch;
    }
    return undefined;
  }

  /** Takes (or takes back) the marker; batches not seen by then are sent again. */
  claim(): void {
    if (this.#mode === 'waiting') return;
    this.#mode = 'waiting';
    this.#era++;
    this.#cancelTimer?.();
    this.#claimWhenAnswered();
  }

  /** Stops; nothing more is sent. */
  close(): void {
    this.#mode = 'closed';
    this.#era++;
    this.#cancelTimer?.();
  }

  /** Sends a batch. Only while open. */
  send(batch: Batch): void {
    const inFlight: InFlight = { batch, write: 0, answered: false };
    this.#queue.push(inFlight);
    this.#transmit(inFlight);
  }

  /**
   * A verified own field was seen in the stream.
   * @returns the batch it belongs to, which is done now; undefined when it is not one of this process' batches.
   */
  seen(own: OwnMarker): Batch | undefined {
    if (own.instance !== this.#instance) return undefined;
    if (this.#mode === 'claiming' && own.write === this.#claimWrite) {
      this.#open();
      return undefined;
    }
    const at = this.#queue.findIndex((inFlight) => inFlight.write === own.write);
    if (at < 0) return undefined;
    const [found] = this.#queue.splice(at, 1);
    this.#delay = firstDelay;
    return found!.batch;
  }

  #open(): void {
    this.#mode = 'open';
    this.#everOpen = true;
    this.#alarms.clear('apply-failed');
    const repairs = this.#host.repairs();
    if (repairs.length > 0) this.#queue.unshift({ batch: ownBatch(repairs), write: 0, answered: false });
    for (const inFlight of this.#queue) {
      // A master that has answered it, and was lost before its replica had it.
      if (inFlight.answered) inFlight.batch.onValues?.(undefined);
      this.#transmit(inFlight);
    }
    this.#host.opened();
  }

  #transmit(inFlight: InFlight): void {
    const { batch } = inFlight;
    inFlight.write = ++this.#write;
    inFlight.answered = false;
    if (batch.kind === 'correction') this.#correction = batch.correction;
    const own = this.#ownValue();
    const peer = this.#peerArguments(inFlight);
    const args = [...peer, ownField, this.#own, own, ...batch.args];
    this.#own = own;
    this.#unanswered++;
    const era = this.#era;
    void this.#target
      .apply(standaloneMarkerKey, args, !batch.grows)
      .then((reply) => this.#answered(inFlight, era, reply));
  }

  #peerArguments(inFlight: InFlight): [string, string, string] {
    const { peer } = inFlight.batch;
    if (peer === undefined) return ['', '', ''];
    let before: Batch['peer'];
    for (const earlier of this.#queue) {
      if (earlier === inFlight) break;
      if (earlier.batch.peer?.origin === peer.origin) before = earlier.batch.peer;
    }
    const expected = before === undefined ? this.#host.peerField(peer.origin) : this.#codec.peer(before);
    return [peer.origin, expected, this.#codec.peer(peer)];
  }

  #ownValue(): string {
    const { seq, time } = this.#host.committed();
    return this.#codec.own({
      seq,
      time,
      write: this.#write,
      correction: this.#correction,
      instance: this.#instance,
      origin: this.#origin,
    });
  }

  #answered(inFlight: InFlight, era: number, reply: TargetReply): void {
    this.#unanswered--;
    inFlight.answered = true;
    const ran = reply.ok && reply.reply.startsWith('ok:');
    inFlight.batch.onValues?.(ran ? (reply.values ?? []) : undefined);
    if (era !== this.#era) {
      this.#claimWhenAnswered();
      return;
    }
    if (!reply.ok && !this.#queue.includes(inFlight)) {
      this.#host.progress(); // it was seen: it has run, whatever became of the answer
      return;
    }
    if (reply.ok && reply.reply.startsWith('ok:')) {
      if (reply.reply !== 'ok:0')
        this.#alarms.raise(
          'apply-refused',
          `${reply.reply.slice(3)} operations of a batch met data that refused them (such as a value that is no integer)`,
        );
      this.#alarms.clear('apply-failed');
      this.#host.progress();
      return;
    }
    const why = reply.ok
      ? `the marker holds another value than expected (${reply.reply.split(':')[0]})`
      : `${reply.code}: ${reply.message}`;
    this.#alarms.raise('apply-failed', `cannot apply to the local master: ${why}; retrying`);
    this.claim();
  }

  #claimWhenAnswered(): void {
    if (this.#mode !== 'waiting' || this.#unanswered > 0) return;
    this.#mode = 'claiming';
    this.#claimWrite = -1;
    this.#cancelTimer = this.#timers.after(this.#everOpen ? this.#delay : 0, () => void this.#tryClaim(this.#era));
    this.#delay = Math.min(this.#delay * 2, lastDelay);
  }

  async #tryClaim(era: number): Promise<void> {
    try {
      const fields = await this.#target.readHash(standaloneMarkerKey).catch((error: Error) => {
        if (/WRONGTYPE/.test(error.message)) return new Map<string, string>();
        throw error;
      });
      if (era !== this.#era) return;
      if (!this.#mayClaim(fields)) return;
      const reply = await this.#sendClaim(fields);
      if (era !== this.#era || this.#mode === 'open') return;
      if (reply.ok && reply.reply.startsWith('ok:')) return; // now it has to be seen
      this.#retryClaim(
        era,
        reply.ok ? `the marker changed meanwhile (${reply.reply.split(':')[0]})` : `${reply.code}: ${reply.message}`,
      );
    } catch (error) {
      if (era === this.#era) this.#retryClaim(era, (error as Error).message);
    }
  }

  #retryClaim(era: number, why: string): void {
    this.#alarms.raise('apply-failed', `cannot take the marker in the local master: ${why}; retrying`);
    this.#cancelTimer = this.#timers.after(this.#delay, () => void this.#tryClaim(era));
    this.#delay = Math.min(this.#delay * 2, lastDelay);
  }

  /** Whether the marker is ours to take; says so to the host when not. */
  #mayClaim(fields: ReadonlyMap<string, string>): boolean {
    const own = this.#readOwn(fields);
    if (own === undefined) return true;
    if (own.origin !== this.#origin) {
      this.#host.foreign(
        'resync-required',
        `this Redis was last served from another log (${own.origin}); ours is ${this.#origin}: the log was lost or belongs to another server`,
      );
      return false;
    }
    const { seq } = this.#host.committed();
    if (own.seq > seq) {
      this.#host.foreign(
        'resync-required',
        `the marker knows our log up to seq ${own.seq}, the log itself ends at ${seq}: it was lost or restored from a copy`,
      );
      return false;
    }
    if (this.#everOpen && own.instance !== this.#instance && !this.#host.isPredecessor(own.instance)) {
      this.#host.foreign('superseded', 'another replicator of this site has taken over the marker');
      return false;
    }
    return true;
  }

  #readOwn(fields: ReadonlyMap<string, string>): OwnMarker | undefined {
    const value = fields.get(ownField);
    const own = value === undefined ? undefined : this.#codec.read(ownField, value);
    return own?.type === 'own' ? own : undefined;
  }

  #sendClaim(fields: ReadonlyMap<string, string>): Promise<TargetReply> {
    const held = this.#readOwn(fields);
    const seen = this.#readOwn(new Map([[ownField, this.#host.peerField(ownField)]]));
    this.#write = Math.max(this.#write, held?.write ?? 0, seen?.write ?? 0) + 1;
    // Not what was sent last: that may never have run.
    this.#correction = Math.max(held?.correction ?? 0, seen?.correction ?? 0);
    this.#claimWrite = this.#write;
    const own = this.#ownValue();
    const args = ['', '', '', ownField, fields.get(ownField) ?? '', own];
    this.#own = own;
    return this.#target.apply(standaloneMarkerKey, args, true);
  }
}
