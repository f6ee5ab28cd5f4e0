/**
 * What has arrived of one origin and has not taken effect here yet.
 *
 * Entries go: received, flushed (in our log, so that a marker never names what we could lose), decided (merged and sent in
 * a batch), settled (their marker was seen and committed).
 */
import {
  decodeEntries,
  type Entry,
  type EntryBatch,
  type LogRecord,
  type Origin,
  type Outcast,
  type Relay,
  skipEntries,
  type Time,
  unixOfTime,
} from '@entwine/core';

/** Raised when a transport delivers what no honest origin can have sent. */
export class InboxError extends Error {
  override name = 'InboxError';
}

const none: readonly never[] = [];

/** Heartbeats whose arrival is remembered. */
const rememberedBeats = 4;

/** An origin's log that has stopped because its entries are too far ahead of our wall clock. */
export interface Quarantine {
  /** Unix ms, by our wall clock. */
  readonly since: number;
  /** Rounds for which nothing has been held. */
  calm: number;
}

/** When a heartbeat came, by our wall clock, and when it was made, by its site's wall clock. Unix ms. */
export interface Arrival {
  readonly at: number;
  readonly of: number;
}

/** The inbox of one origin. */
export class Inbox {
  readonly origin: Origin;
  readonly site: string;
  readonly priority: number;
  /** Last sequence number received. */
  received: number;
  /** What its site has passed on of others. */
  takeRelays(): readonly Relay[] {
    if (this.#relays.length === 0) return none;
    const relays = this.#relays;
    this.#relays = [];
    return relays;
  }

  /** Time of the last entry received. */
  #time: Time;
  /** Last flushed. */
  flushedSeq: number;
  /** Last decided. */
  decided: number;
  /** Last settled in memory: its marker was seen. */
  settled: number;
  settledTime: Time;
  /** Up to when its site has forgotten versions, by the heartbeats taken, or settled before the start. */
  cut: Time = 0;
  /** Up to when its site knew what we had written, by the entries taken; undefined: it has not told. */
  seen: Time | undefined;
  /** Last settled and flushed: what may be acknowledged. */
  acknowledged: number;
  appliedEntries = 0;
  appliedOps = 0;
  deduplicated = 0;
  lagSeconds = 0;
  skewSeconds = 0;
  /** Bytes received and not settled. */
  bytes = 0;
  paused = false;
  /** Since an entry came that is too far ahead of our wall clock, until none has come for a while. */
  quarantine: Quarantine | undefined;
  /** Unix ms of the first entry that is held because it is too far ahead; undefined while none is. */
  heldFrom: number | undefined;
  /** The wall clock at which the last heartbeats came, and theirs; newest last. */
  readonly beats: Arrival[] = [];
  /** Time up to which its site has settled everybody, by the newest heartbeat received, settled or not. */
  announced: Time = 0;
  /** What its site has passed on of others, received and not looked at. */
  #relays: Relay[] = [];
  /** Who is out, by the newest heartbeat received, settled or not. */
  out: readonly Outcast[] = [];
  /** Delivered and not taken, in order. */
  #held: EntryBatch[] = [];
  #unflushed: (readonly Entry[])[] = [];
  #unsettled: { readonly last: number; readonly bytes: number }[] = [];
  #records: LogRecord[] = [];
  #ready: Entry[] = [];
  #at = 0;
  readonly #own: number;
  /** Whether its site tells what it knows of each other; else there is only its W. */
  #tells = false;

  /** @param own - our own priority. @param reported - its site's W, as far as it is known; 0: it is not. */
  constructor(
    origin: Origin,
    priority: number,
    settled: number,
    settledTime: Time,
    own: number = -1,
    reported: Time = 0,
  ) {
    this.#own = own;
    if (reported > 0) this.seen = reported;
    this.origin = origin;
    this.site = origin.split('/')[0]!;
    this.priority = priority;
    this.received = settled;
    this.#time = settledTime;
    this.flushedSeq = settled;
    this.decided = settled;
    this.settled = settled;
    this.settledTime = settledTime;
    this.acknowledged = settled;
  }

  /**
   * Takes a batch in, up to the first entry that is later than `latestMs`; that one, and what follows, is held until
   * `takeHeld`. Returns the greatest time taken, 0 when that was nothing new. Throws InboxError.
   * @param cut - nothing at or below it can still arrive.
   * @param latestMs - Unix ms.
   */
  receive(batch: EntryBatch, nowMs: number, cut: Time = 0, latestMs: number = Number.POSITIVE_INFINITY): Time {
    const heldUpTo = this.#held.at(-1)?.last;
    if (heldUpTo !== undefined) {
      if (batch.first > heldUpTo + 1)
        throw new InboxError(`${this.origin}: seq ${heldUpTo + 1} is missing before ${batch.first}`);
      if (batch.last > heldUpTo) this.#hold(batch);
      return 0;
    }
    return this.#take(batch, nowMs, cut, latestMs);
  }

  /** Takes in what was held, as far as it is not too far ahead any more. Returns the greatest time taken. Throws InboxError. */
  takeHeld(nowMs: number, cut: Time, latestMs: number): Time {
    if (this.heldFrom === undefined || this.heldFrom > latestMs) return 0;
    const held = this.#held;
    this.#held = [];
    this.heldFrom = undefined;
    let newest = 0;
    for (const batch of held) {
      this.bytes -= batch.body.length;
      newest = this.receive(batch, nowMs, cut, latestMs) || newest;
    }
    return newest;
  }

  #hold(batch: EntryBatch): void {
    this.#held.push(batch);
    this.bytes += batch.body.length;
  }

  #take(batch: EntryBatch, nowMs: number, cut: Time, latestMs: number): Time {
    const { buffer, byteOffset, length } = batch.body;
    // Views of a plain array are cheaper to make than those of a Buffer.
    const decoded = decodeEntries(new Uint8Array(buffer, byteOffset, length));
    if ('code' in decoded)
      throw new InboxError(`${this.origin}: ${decoded.message}; the batch begins at seq ${batch.first}`);
    if (decoded.length !== batch.last - batch.first + 1)
      throw new InboxError(`${this.origin}: batch ${batch.first}-${batch.last} holds ${decoded.length} entries`);
    const known = Math.max(0, Math.min(decoded.length, this.received - batch.first + 1));
    for (let i = 0; i < known; i++) if (decoded[i]!.type === 'unit') this.deduplicated++;
    if (batch.first > this.received + 1)
      throw new InboxError(`${this.origin}: seq ${this.received + 1} is missing before ${batch.first}`);
    let entries = known === 0 ? decoded : decoded.slice(known);
    if (entries.length === 0) return 0;
    this.#check(entries, cut);
    const latest = unixOfTime(entries.at(-1)!.time);
    // Heartbeats tell of the wall clock; the times of other entries may be ahead of it.
    if (latest > latestMs || this.beats.length === 0) this.skewSeconds = (latest - nowMs) / 1000;
    let body = known === 0 ? batch.body : batch.body.subarray(skipEntries(batch.body, known));
    if (latest > latestMs) {
      const ahead = entries.findIndex(({ time }) => unixOfTime(time) > latestMs);
      const { seq, time } = entries[ahead]!;
      const at = skipEntries(body, ahead);
      this.heldFrom = unixOfTime(time);
      this.#hold({ ...batch, first: seq, body: body.subarray(at) });
      if (ahead === 0) return 0;
      entries = entries.slice(0, ahead);
      body = body.subarray(0, at);
    }
    const first = this.received + 1;
    const last = first + entries.length - 1;
    this.received = last;
    this.bytes += body.length;
    this.#unflushed.push(entries);
    this.#unsettled.push({ last, bytes: body.length });
    this.#records.push({ stream: this.origin, first, last, body });
    const newest = entries.at(-1)!.time;
    this.#time = newest;
    this.#noteBeats(entries, nowMs);
    for (const entry of entries) if (entry.type === 'unit' && entry.relay !== undefined) this.#relays.push(entry.relay);
    return newest;
  }

  #noteBeats(entries: readonly Entry[], nowMs: number): void {
    for (const entry of entries) {
      if (entry.type !== 'heartbeat') continue;
      this.out = entry.out ?? none;
      if (entry.received > this.announced) this.announced = entry.received;
      const of = unixOfTime(entry.time) - (entry.lead ?? 0);
      this.skewSeconds = (of - nowMs) / 1000;
      this.beats.push({ at: nowMs, of });
      if (this.beats.length > rememberedBeats) this.beats.shift();
    }
  }

  /** Entries that our log already holds, at start. @param bytes - what they take in memory, about. */
  restore(entries: readonly Entry[], bytes: number): void {
    for (const entry of entries) {
      this.#ready.push(entry);
      if (entry.type === 'heartbeat') this.out = entry.out ?? none;
    }
    const last = entries.at(-1);
    if (last === undefined) return;
    this.received = last.seq;
    this.flushedSeq = last.seq;
    this.#time = last.time;
    this.bytes += bytes;
    this.#unsettled.push({ last: last.seq, bytes });
  }

  /** Records to append with the next commit. Once taken, `flushed` must follow. */
  takeRecords(): LogRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  /** The log holds everything up to `seq`. */
  flushed(seq: number): void {
    this.flushedSeq = seq;
    while (this.#unflushed.length > 0 && this.#unflushed[0]!.at(-1)!.seq <= seq) {
      for (const entry of this.#unflushed.shift()!) this.#ready.push(entry);
    }
  }

  /** Entries that wait for a decision. */
  get waiting(): number {
    return this.#ready.length - this.#at;
  }

  /** The next entry to decide, left in place. */
  peek(): Entry | undefined {
    return this.#ready[this.#at];
  }

  /** Takes the next entry; it counts as decided. */
  take(): Entry {
    const entry = this.#ready[this.#at++]!;
    this.decided = entry.seq;
    this.hear(entry);
    if (this.#at > 4096 && this.#at * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#at);
      this.#at = 0;
    }
    return entry;
  }

  /** Time of the last entry received. */
  get receivedTime(): Time {
    return this.#time;
  }

  /** Notes what an entry tells of what its site knew and had forgotten, in the order of its log. */
  hear(entry: Entry): void {
    if (entry.type === 'heartbeat') this.cut = entry.cut ?? this.cut;
    if (entry.seen !== undefined) {
      this.#tells = true;
      for (const [priority, time] of entry.seen) if (priority === this.#own) this.seen = time;
    } else if (entry.type === 'heartbeat' && !this.#tells) this.seen = entry.received;
  }

  /** Everything up to `seq` has taken effect. */
  settle(seq: number, time: Time): void {
    if (seq <= this.settled) return;
    this.settled = seq;
    this.settledTime = time;
    while (this.#unsettled.length > 0 && this.#unsettled[0]!.last <= seq) this.bytes -= this.#unsettled.shift()!.bytes;
  }

  #check(entries: readonly Entry[], cut: Time): void {
    let seq = this.received;
    let time = Math.max(this.#time, cut);
    for (const entry of entries) {
      if (entry.seq !== ++seq) throw new InboxError(`${this.origin}: seq ${entry.seq} stands where ${seq} belongs`);
      if (entry.time <= time) {
        throw new InboxError(
          `${this.origin}: seq ${seq} has time ${entry.time}, which is not after ${time}: such an entry can no longer be placed`,
        );
      }
      time = entry.time;
      if (entry.priority !== this.priority)
        throw new InboxError(
          `${this.origin}: seq ${seq} has priority ${entry.priority}; this site is declared with ${this.priority}: make the configurations agree`,
        );
    }
  }
}
