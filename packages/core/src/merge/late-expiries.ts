/**
 * Expiries that may have arrived after their time, and so stand in Redis at a later one (see `expiryGraceMs`): remembered
 * beyond the cut until that has passed. So the end of such a key, when it comes, is known to mean it; and what a site adds to
 * the key that has not forgotten the expiry yet gets it everywhere.
 *
 * Rules: only what was near its time when it was forgotten; the oldest go first when there are too many. What is not
 * remembered lives on for the grace, and no longer.
 */

import type { ByteString } from '../bytes/byte-string.ts';
import { unixOfTime } from '../clock/hybrid-clock.ts';
import { isNewer, type Time, type Version } from '../version/version.ts';
import { expiryOf, isInForce } from './ends.ts';
import { expiryGraceMs } from './expiry-grace.ts';
import type { ExpiryRegister, KeyState } from './key-state.ts';

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

  /** What a key's state says of its expiry is being forgotten. */
  noteRegister(state: KeyState, cut: Time): void {
    const { db, key, expiryVersion: version, expiryByRoot } = state;
    if (version !== undefined) this.note(db, key, { version, at: expiryOf(state) }, expiryByRoot, unixOfTime(cut));
  }

  /** A key's state is being forgotten down to the cut: when it was to expire, and that it has. */
  noteForgotten(state: KeyState, cut: Time): void {
    const { db, key, ends, expiryVersion } = state;
    if (expiryVersion !== undefined && expiryVersion.time <= cut) this.noteRegister(state, cut);
    if (ends === undefined) return;
    for (const end of ends) if (end.version.time <= cut && isInForce(state, end)) this.over(db, key, end.version);
  }

  /** A state remembers again what is late of it, unless the writer of an op had forgotten that. @param cut - the writer's. */
  recall(state: KeyState, cut: Time): void {
    const late = this.of(state.db, state.key);
    if (late === undefined || late.isOver || late.version.time <= cut) return;
    state.expiryVersion = late.version;
    state.expiry = late.at;
    state.expiryByRoot = late.byRoot;
  }

  /** An end of a key is being forgotten: everybody has seen it, and what it was the end of is over. */
  over(db: number, key: ByteString, end: Version): void {
    const late = this.of(db, key);
    if (late !== undefined && isNewer(end, late.version)) this.#times.set(`${db} ${key}`, { ...late, isOver: true });
  }

  /** A key that was gone here is made by an application: it does not have the expiry that is over. */
  madeAnew({ db, key }: KeyState): void {
    if (this.of(db, key)?.isOver === true) this.#times.delete(`${db} ${key}`);
  }

  /** A key's register that is forgotten; undefined: nobody knows, or long ago. */
  of(db: number, key: ByteString): LateExpiry | undefined {
    return this.#times.size === 0 ? undefined : this.#times.get(`${db} ${key}`);
  }
}
