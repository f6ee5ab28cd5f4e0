/**
 * Expiries that may have arrived after their time, and so stand in Redis at a later one (see `expiryGraceMs`): remembered
 * beyond the cut until that has passed. So the end of such a key, when it comes, is known to mean it; and what a site adds to
 * the key that has not forgotten the expiry yet gets it everywhere.
 *
 * Rules: only what was near its time when it was forgotten; the oldest go first when there are too many. What is not
 * remembered lives on for the grace, and no longer.
 */

import type { ByteString } from '../bytes/byte-string.ts';
import { isNewer, type Version } from '../version/version.ts';
import { expiryGraceMs } from './expiry-grace.ts';
import type { ExpiryRegister } from './key-state.ts';

/**
 * How far ahead of the cut an expiry may lie, in milliseconds: that had passed where it arrived, as the cut follows at a
 * distance; or of a key of short life (a rate limiter, a lock), of whose deletion nobody may be told that it was an expiry.
 */
const nearMs = 65_000;

/** How many are remembered. */
export const mostLateExpiries = 100_000;

/** A register that is forgotten. */
export interface LateExpiry {
  /** Unix ms. */
  readonly at: number;
  readonly version: Version;
  /** Whether a root wrote it (see `KeyState.expiryByRoot`). */
  readonly byRoot: boolean;
  /** Whether everybody has seen that the key expired: it is not given to what is added. */
  readonly isOver: boolean;
}

/** Late expiries of one shard, by database and key. Mutable. */
export class LateExpiries {
  readonly #times = new Map<string, LateExpiry>();

  get size(): number {
    return this.#times.size;
  }

  /** A key's register is being forgotten. @param cutMs - the cut as a Unix time. */
  note(db: number, key: ByteString, { at, version }: ExpiryRegister, byRoot: boolean, cutMs: number): void {
    const isLate = typeof at === 'number' && at <= cutMs + nearMs && at > cutMs - expiryGraceMs;
    if (!isLate && this.#times.size === 0) return;
    const id = `${db} ${key}`;
    this.#times.delete(id);
    if (!isLate) return;
    this.#times.set(id, { at, version, byRoot, isOver: false });
    for (const [oldest, late] of this.#times) {
      if (this.#times.size <= mostLateExpiries && late.at > cutMs - expiryGraceMs) break;
      this.#times.delete(oldest);
    }
  }

  /** An end of a key is being forgotten: everybody has seen it, and what it was the end of is over. */
  over(db: number, key: ByteString, end: Version): void {
    const late = this.of(db, key);
    if (late !== undefined && isNewer(end, late.version)) this.#times.set(`${db} ${key}`, { ...late, isOver: true });
  }

  /** A key's register that is forgotten; undefined: nobody knows, or long ago. */
  of(db: number, key: ByteString): LateExpiry | undefined {
    return this.#times.size === 0 ? undefined : this.#times.get(`${db} ${key}`);
  }
}
