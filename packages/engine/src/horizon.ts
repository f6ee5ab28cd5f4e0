/**
 * The horizon: what everybody has settled (W, S), and what may be trimmed.
 *
 * W is the time up to which this site has settled every site's log. Every site ships its W in its heartbeats. The cut S is
 * the least of all W: below it nothing can arrive any more, so versions are forgotten and logs trimmed. A peer that was
 * never heard of, or is away, holds the cut back.
 */
import type { Origin, Time } from '@entwine/core';

/** Sequence number and time of an entry, as a mark for trimming. */
interface Mark {
  readonly seq: number;
  readonly time: Time;
}

/** The site that holds the cut back most. */
export interface Holder {
  readonly site: string;
  /** Up to then everything is settled everywhere, as far as it is concerned. */
  readonly time: Time;
  /** Whether we have not settled its log beyond that, or it has not said that it has settled everybody's. */
  readonly by: 'settled' | 'reported';
}

/** Marks of one log, oldest first. */
export class TrimMarks {
  #marks: Mark[] = [];

  add(seq: number, time: Time): void {
    if (this.#marks.at(-1)?.seq === seq) return;
    this.#marks.push({ seq, time });
  }

  /** Time of the oldest mark; 0 when there is none. */
  get oldest(): Time {
    return this.#marks[0]?.time ?? 0;
  }

  /** The greatest marked seq whose time is at or below the cut, and at most `limit`; 0 when there is none. It is forgotten. */
  upTo(cut: Time, limit: number): number {
    let count = 0;
    while (count < this.#marks.length && this.#marks[count]!.time <= cut && this.#marks[count]!.seq <= limit) count++;
    if (count === 0) return 0;
    const { seq } = this.#marks[count - 1]!;
    this.#marks = this.#marks.slice(count);
    return seq;
  }
}

/** Computes W and S for one shard. */
export class Horizon {
  #peers: readonly string[];
  /** Settled and flushed, by site. */
  readonly #settled = new Map<string, Time>();
  readonly #reported = new Map<string, Time>();
  #received: Time = 0;
  /** The time of the holder at our last heartbeat, and the heartbeats for which that has been so. */
  #heldAt: Time = 0;
  #still = 0;
  /** The cut as it moved, oldest first. */
  #cuts: { readonly at: number; readonly cut: Time }[] = [];

  constructor(peers: readonly string[]) {
    this.#peers = peers;
  }

  /** A site does not count any more. */
  exclude(site: string): void {
    this.#peers = this.#peers.filter((peer) => peer !== site);
  }

  /** A site's log is settled here, and that is flushed, up to a time. */
  settled(site: string, time: Time): void {
    if (time > (this.#settled.get(site) ?? 0)) this.#settled.set(site, time);
  }

  /** A site said its W. */
  reported(site: string, time: Time): void {
    if (time > (this.#reported.get(site) ?? 0)) this.#reported.set(site, time);
  }

  /**
   * This site's W. It never goes back.
   * @param own - time of our last flushed entry.
   * @param held - true while a correction is outstanding: what it needs must not be forgotten.
   */
  received(own: Time, held: boolean): Time {
    if (held) return this.#received;
    let least = own;
    for (const site of this.#peers) least = Math.min(least, this.#settled.get(site) ?? 0);
    if (least > this.#received) this.#received = least;
    return this.#received;
  }

  /**
   * The cut as it was a while ago: down to it the logs are kept. An increment names the cut at which it was made; to tell
   * at a restart whether its base still stands, what was written since that cut must be at hand.
   */
  keptCut(cut: Time, nowMs: number, keepMs: number): Time {
    if (cut > (this.#cuts.at(-1)?.cut ?? 0)) this.#cuts.push({ at: nowMs, cut });
    let kept: Time = 0;
    while (this.#cuts.length > 1 && this.#cuts[1]!.at <= nowMs - keepMs) this.#cuts.shift();
    const oldest = this.#cuts[0];
    if (oldest !== undefined && oldest.at <= nowMs - keepMs) kept = oldest.cut;
    return kept;
  }

  /**
   * The site that holds the cut back most; undefined without peers. Who lacks a site's log says so in its own W: where that is
   * hardly older than what we have settled of some site, that site is the cause.
   * @param slack - how much older.
   */
  holder(slack: Time): Holder | undefined {
    const [silent] = this.#least(this.#settled);
    const [late] = this.#least(this.#reported);
    if (silent === undefined || late === undefined) return undefined;
    return silent.time <= late.time + slack ? { ...silent, by: 'settled' } : { ...late, by: 'reported' };
  }

  /** Heartbeats of ours for which the holder has not moved. */
  get still(): number {
    return this.#still;
  }

  /** We make a heartbeat. */
  beat(slack: Time): void {
    const time = this.holder(slack)?.time ?? 0;
    this.#still = time === this.#heldAt ? this.#still + 1 : 0;
    this.#heldAt = time;
  }

  #least(times: ReadonlyMap<string, Time>): { readonly site: string; readonly time: Time }[] {
    return this.#peers.map((site) => ({ site, time: times.get(site) ?? 0 })).sort((a, b) => a.time - b.time);
  }

  /** The cut: least of all sites' W. */
  cut(): Time {
    let least = this.#received;
    for (const site of this.#peers) least = Math.min(least, this.#reported.get(site) ?? 0);
    return least;
  }
}

/** The site of an origin. */
export function siteOf(origin: Origin): string {
  return origin.slice(0, origin.indexOf('/'));
}
