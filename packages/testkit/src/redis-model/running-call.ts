/** One unit while it runs: its commands' access to the keys, and what they propagate. */
import type { Call } from './call.ts';
import { type Database, hasExpired, type Keyspace, type Stored, type ValueOf } from './keyspace.ts';
import type { ModelClient, ModelEvent } from './redis-model.ts';
import { Refusal, wrongType } from './reply.ts';
import { isEmpty, type ModelType, type ModelValue } from './values.ts';
import type { SeenKey, Watches } from './watches.ts';

/** What a unit propagates, in order. */
export type Unit = readonly { readonly db: number; readonly words: readonly string[] }[];

/** What all units of a server share. */
export interface Surroundings {
  readonly keyspace: Keyspace;
  readonly watches: Watches;
  readonly random: () => number;
  readonly onEvent: ((db: number, key: string, kind: ModelEvent) => void) | undefined;
}

/**
 * What becomes of a key that has expired: it is deleted where a command meets it (by a master), hidden (from clients of a
 * replica), or waits for its deletion in the stream (which a replica obeys).
 */
export type ExpiryEffect = 'deletes' | 'hides' | 'waits';

/** The call of all commands of one unit, one after the other. */
export class RunningCall implements Call {
  readonly keyspace: Keyspace;
  readonly now: number;
  readonly random: () => number;
  readonly #surroundings: Surroundings;
  readonly #client: ModelClient;
  readonly #expiry: ExpiryEffect;
  readonly #unit: { db: number; words: readonly string[] }[] = [];
  given: readonly string[] = [];
  #givenDb = 0;
  #hasChanged = false;
  #hasTouched = false;
  #isTold = false;
  #seen: SeenKey | undefined;
  #hasSeenMore = false;

  constructor(surroundings: Surroundings, client: ModelClient, now: number, expiry: ExpiryEffect) {
    this.keyspace = surroundings.keyspace;
    this.random = surroundings.random;
    this.now = now;
    this.#expiry = expiry;
    this.#surroundings = surroundings;
    this.#client = client;
  }

  /** What was propagated so far. */
  get unit(): Unit {
    return this.#unit;
  }

  get isObeyed(): boolean {
    return this.#expiry === 'waits';
  }

  get db(): number {
    return this.#client.db;
  }

  set db(index: number) {
    this.#client.db = index;
  }

  /** A command begins. @param words - as it was given */
  begin(words: readonly string[]): void {
    this.given = words;
    this.#givenDb = this.db;
    this.#hasChanged = false;
    this.#hasTouched = false;
    this.#isTold = false;
    this.#seen = undefined;
    this.#hasSeenMore = false;
  }

  /** The command of this name has ended: it is propagated as it was given when it changed something and told nothing else. */
  end(name: string): void {
    if (this.#hasChanged && !this.#isTold) this.#unit.push({ db: this.#givenDb, words: this.given });
    const { watches } = this.#surroundings;
    if (!watches.isEmpty && (this.#hasChanged || this.#hasTouched || this.#isTold))
      watches.changed(name, this.#hasSeenMore ? undefined : this.#seen);
  }

  find(key: string, db: number = this.db): Stored | undefined {
    this.#see(db, key);
    const stored = this.keyspace.db(db).get(key);
    if (stored === undefined || this.#expiry === 'waits' || !hasExpired(stored, this.now)) return stored;
    if (this.#expiry === 'deletes') this.deleteByItself(db, key, 'expired');
    return undefined;
  }

  /** The server deletes a key: told by an event, and in the stream. */
  deleteByItself(db: number, key: string, kind: ModelEvent): void {
    const { onEvent, watches } = this.#surroundings;
    this.keyspace.db(db).delete(key);
    if (!watches.isEmpty) watches.deleted(db, key);
    onEvent?.(db, key, kind);
    this.#unit.push({ db, words: ['DEL', key] });
  }

  read<T extends ModelType>(key: string, type: T): ValueOf<T> | undefined {
    const value = this.find(key)?.value;
    if (value !== undefined && value.type !== type) throw new Refusal(wrongType);
    return value as ValueOf<T> | undefined;
  }

  open<T extends ModelType>(key: string, type: T, make: () => ValueOf<T>): ValueOf<T> {
    const held = this.read(key, type);
    if (held !== undefined) return held;
    const made = make();
    this.#keys.set(key, { value: made, expireAt: -1 });
    return made;
  }

  put(key: string, value: ModelValue, expireAt?: number): void {
    this.#see(this.db, key);
    const kept = expireAt ?? this.find(key)?.expireAt ?? -1;
    this.#keys.set(key, { value, expireAt: kept });
  }

  remove(key: string, db: number = this.db): boolean {
    return this.find(key, db) !== undefined && this.keyspace.db(db).delete(key);
  }

  drop(key: string): boolean {
    this.#see(this.db, key);
    return this.#keys.delete(key);
  }

  tidy(key: string): void {
    const stored = this.#keys.get(key);
    if (stored !== undefined && isEmpty(stored.value)) this.#keys.delete(key);
  }

  hasPassed(expireAt: bigint): boolean {
    return this.#expiry !== 'waits' && expireAt <= this.now;
  }

  changed(): void {
    this.#hasChanged = true;
  }

  touched(): void {
    this.#hasTouched = true;
  }

  propagate(...commands: readonly (readonly string[])[]): void {
    this.#isTold = true;
    for (const words of commands) this.#unit.push({ db: this.db, words });
  }

  propagateIn(db: number, words: readonly string[]): void {
    this.#isTold = true;
    this.#unit.push({ db, words });
  }

  get #keys(): Database {
    return this.keyspace.db(this.db);
  }

  #see(db: number, key: string): void {
    if (this.#seen === undefined) this.#seen = { db, key };
    else if (this.#seen.key !== key || this.#seen.db !== db) this.#hasSeenMore = true;
  }
}
