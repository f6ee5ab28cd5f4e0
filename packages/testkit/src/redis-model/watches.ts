/**
 * The keys that clients watch. Whoever changes one of them breaks the watch, and then the client's next EXEC does nothing.
 *
 * Commands do not say which keys they change. A key has changed when it is held by another object than before or holds
 * something else, or when it is the only key that a command has looked at that changed something.
 */
import { copyValue, isSameValue } from './copy-value.ts';
import { hasExpired, type Keyspace, type Stored } from './keyspace.ts';
import type { ModelClient } from './redis-model.ts';

/** Commands that do not break a watch, whatever they change in a stream that is there. */
const silent: ReadonlySet<string> = new Set([
  ...['XREADGROUP', 'XACK', 'XCLAIM', 'XAUTOCLAIM', 'XSETID'],
  ...['XGROUP CREATE', 'XGROUP SETID', 'XGROUP DESTROY', 'XGROUP CREATECONSUMER', 'XGROUP DELCONSUMER'],
]);

/** A key that some command has looked at. */
export interface SeenKey {
  readonly db: number;
  readonly key: string;
}

interface WatchedKey extends SeenKey {
  /** What the key holds; undefined when it is missing. */
  stored: Stored | undefined;
  /** What it held when it was watched. */
  copy: Stored | undefined;
  /** It had expired when it was watched: that it goes is no change. */
  hadExpired: boolean;
}

interface Watch {
  keys: WatchedKey[];
  isBroken: boolean;
}

/** The watches of all clients of one server. */
export class Watches {
  readonly #keyspace: Keyspace;
  readonly #watches = new Map<ModelClient, Watch>();

  constructor(keyspace: Keyspace) {
    this.#keyspace = keyspace;
  }

  get isEmpty(): boolean {
    return this.#watches.size === 0;
  }

  /** The client watches these keys of its database too. */
  watch(client: ModelClient, keys: readonly string[], now: number): void {
    const watch = this.#watches.get(client) ?? { keys: [], isBroken: false };
    this.#watches.set(client, watch);
    if (watch.isBroken) return;
    const { db } = client;
    for (const key of keys) {
      if (watch.keys.some((other) => other.db === db && other.key === key)) continue;
      const stored = this.#keyspace.db(db).get(key);
      watch.keys.push({ ...{ db, key, stored }, copy: copyStored(stored), hadExpired: isOver(stored, now) });
    }
  }

  /** The client watches nothing any more. */
  unwatch(client: ModelClient): void {
    this.#watches.delete(client);
  }

  /** Whether something that the client watches has changed, or has expired meanwhile. */
  isBroken(client: ModelClient, now: number): boolean {
    const watch = this.#watches.get(client);
    if (watch === undefined) return false;
    const hasEnded = ({ db, key, hadExpired }: WatchedKey): boolean =>
      !hadExpired && isOver(this.#keyspace.db(db).get(key), now);
    return watch.isBroken || watch.keys.some(hasEnded);
  }

  /** The server has deleted a key by itself. */
  deleted(db: number, key: string): void {
    this.#breakWhere((watched) => {
      if (watched.db !== db || watched.key !== key) return false;
      if (!watched.hadExpired) return true;
      forget(watched);
      return false;
    });
  }

  /** A command has changed something. @param only - the one key that it has looked at, if it was one */
  changed(command: string, only: SeenKey | undefined): void {
    const isSilent = silent.has(command);
    this.#breakWhere((watched) => {
      const { db, key } = watched;
      const stored = this.#keyspace.db(db).get(key);
      if (watched.hadExpired) {
        if (stored === undefined) forget(watched);
        return stored !== undefined && stored !== watched.stored;
      }
      if (stored !== watched.stored) return true;
      if (stored === undefined) return false;
      const isOnly = key === only?.key && db === only.db;
      if (!isSilent) return isOnly || !isSame(stored, watched.copy!);
      if (isOnly) watched.copy = copyStored(stored);
      return false;
    });
  }

  #breakWhere(isChanged: (watched: WatchedKey) => boolean): void {
    for (const watch of this.#watches.values()) {
      if (!watch.keys.some(isChanged)) continue;
      watch.isBroken = true;
      watch.keys = [];
    }
  }
}

function forget(watched: WatchedKey): void {
  watched.hadExpired = false;
  watched.stored = undefined;
  watched.copy = undefined;
}

function isOver(stored: Stored | undefined, now: number): boolean {
  return stored !== undefined && hasExpired(stored, now);
}

function copyStored(stored: Stored | undefined): Stored | undefined {
  return stored === undefined ? undefined : { value: copyValue(stored.value), expireAt: stored.expireAt };
}

function isSame(a: Stored, b: Stored): boolean {
  return a.expireAt === b.expireAt && isSameValue(a.value, b.value);
}
