/**
 * The hybrid logical clock.
 *
 * Rules: every tick is greater than every tick and every observation before it, whatever the wall clock does; while the
 * wall clock is ahead of all that, a tick is the wall clock's millisecond. The counter's 12 bits give 4,096 ticks a
 * millisecond; a full counter borrows the next millisecond. The clock reads no time itself: the caller passes it in.
 */
import type { Time } from '../version/version.ts';

/** Unix milliseconds of 2020-01-01T00:00:00Z, the zero of `Time`. */
export const epoch = 1_577_836_800_000;

const counterSize = 4096;

/** The `Time` with counter 0 at a Unix time in milliseconds; times before the epoch give 0. */
export function timeOfUnix(unixMs: number): Time {
  return Math.max(0, Math.floor(unixMs) - epoch) * counterSize;
}

/** The Unix time in milliseconds that a `Time` stands for, its counter left out. */
export function unixOfTime(time: Time): number {
  return Math.floor(time / counterSize) + epoch;
}

/** A clock that only goes forward. Mutable; one for each site. */
export class HybridClock {
  #last: Time;

  /** @param start - the greatest time already used or seen, e.g. the last flushed entry's. */
  constructor(start: Time = 0) {
    this.#last = start;
  }

  /** The greatest time ticked or observed. */
  get last(): Time {
    return this.#last;
  }

  /** A new time for a local event. @param unixMs - the wall clock now, or 0 to tick logically only. */
  tick(unixMs: number): Time {
    const wall = timeOfUnix(unixMs);
    this.#last = wall > this.#last ? wall : this.#last + 1;
    return this.#last;
  }

  /** Takes notice of a time from elsewhere; later ticks exceed it. */
  observe(time: Time): void {
    if (time > this.#last) this.#last = time;
  }
}
