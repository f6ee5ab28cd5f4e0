/**
 * Delays between attempts: doubling, capped, with jitter, so that many clients of one server spread out.
 *
 * Rules: the nth delay since the last `reset` lies in the upper half of min(cap, base * 2^n).
 */
import type { Random } from './timers.ts';

/** Base and cap, milliseconds. */
export const backoffBase: number = 100;
export const backoffCap: number = 3000;

/** A sequence of delays. */
export class Backoff {
  readonly #random: Random;
  #attempt = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The next delay, milliseconds. */
  next(): number {
    const full = Math.min(backoffCap, backoffBase * 2 ** Math.min(this.#attempt++, 16));
    return full * (0.5 + this.#random() / 2);
  }

  /** An attempt succeeded. */
  reset(): void {
    this.#attempt = 0;
  }
}
