/**
 * Expiries that may have arrived after their time, and so stand in Redis at a later one (see `expiryGraceMs`): remembered
 * beyond the cut until that has passed, so that the end of such a key, when it comes, is known to mean it.
 *
 * Rules: only what was near its time when it was forgotten; the oldest go first when there are too many. What is not
 * remembered lives on for the grace, and no longer.
 */

import type { ByteString } from '../bytes/byte-string.ts';
import type { Expiry } from '../entry/entry.ts';
import { expiryGraceMs } from './expiry-grace.ts';

/** How far ahead of the cut an expiry may lie that had passed where it arrived, in milliseconds: the cut follows at a distance. */
const cutLagMs = 5_000;

/** How many are remembered. */
export const mostLateExpiries = 100_000;

/** Late expiries of one shard, by database and key. Mutable. */
export class LateExpiries {
  readonly #times = new Map<string, number>();

  get size(): number {
    return this.#times.size;
  }

  /** A key's register is being forgotten. @param cutMs - the cut as a Unix time. */
  note(db: number, key: ByteString, at: Expiry, cutMs: number): void {
    if (typeof at !== 'number' || at > cutMs + cutLagMs || at <= cutMs - expiryGraceMs) return;
    const id = `${db} ${key}`;
    this.#times.delete(id);
    this.#times.set(id, at);
    for (const [oldest, time] of this.#times) {
      if (this.#times.size <= mostLateExpiries && time > cutMs - expiryGraceMs) break;
      this.#times.delete(oldest);
    }
  }

  /** When a key was to expire whose register is forgotten; `null`: nobody knows, or long ago. */
  of(db: number, key: ByteString): Expiry {
    return this.#times.get(`${db} ${key}`) ?? null;
  }
}
