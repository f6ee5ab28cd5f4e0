/**
 * The flushes that are remembered: the newest of each database, and the newest of all of them.
 *
 * Where flushes spare keys, one site's does not stand for another's: the newest of each site is remembered.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { isNewer, newest, type Time, type Version } from '../version/version.ts';
import { allDatabases } from './databases.ts';

/** Which keys a site's flush spares. @param priority - the site's. */
export type SparesOf = (db: number, key: ByteString, priority: number) => boolean;

/** The flushes of one shard. Mutable. */
export class Flushes {
  /** Undefined: a flush spares nothing. */
  spares: SparesOf | undefined = undefined;
  /** By database, or `allDatabases`. */
  readonly #newest = new Map<number, readonly Version[]>();

  get isEmpty(): boolean {
    return this.#newest.size === 0;
  }

  /** Takes a flush up. Returns false when a newer one is known that has taken away as much. @param db - or `allDatabases`. */
  note(db: number, version: Version): boolean {
    const known = this.#newest.get(db) ?? [];
    const isOver = (older: Version): boolean => this.spares === undefined || older.priority === version.priority;
    const beyond = db === allDatabases ? [] : (this.#newest.get(allDatabases) ?? []);
    if ([...known, ...beyond].some((one) => isOver(one) && !isNewer(version, one))) return false;
    this.#newest.set(db, [...known.filter((one) => !isOver(one)), version]);
    return true;
  }

  /** The newest that has taken a key away. */
  of(db: number, key: ByteString): Version | undefined {
    let found: Version | undefined;
    for (const versions of [this.#newest.get(allDatabases), this.#newest.get(db)]) {
      for (const version of versions ?? [])
        if (this.spares?.(db, key, version.priority) !== true) found = newest(found, version);
    }
    return found;
  }

  /** Forgets what is at or below the stability cut. */
  forget(cut: Time): void {
    for (const [db, versions] of this.#newest) {
      const left = versions.filter(({ time }) => time > cut);
      if (left.length === 0) this.#newest.delete(db);
      else if (left.length < versions.length) this.#newest.set(db, left);
    }
  }
}
