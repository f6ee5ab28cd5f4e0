/** One unit while it runs: its commands' access to the keys, and what they propagate. */
import type { Call } from './call.ts';
import type { Database, Keyspace, Stored, ValueOf } from './keyspace.ts';
import type { ModelClient, ModelEvent } from './redis-model.ts';
import { Refusal, wrongType } from './reply.ts';
import { isEmpty, type ModelType, type ModelValue } from './values.ts';

/** What a unit propagates, in order. */
export type Unit = readonly { readonly db: number; readonly words: readonly string[] }[];

/** The call of all commands of one unit, one after the other. */
export class RunningCall implements Call {
  readonly keyspace: Keyspace;
  readonly now: number;
  readonly random: () => number;
  readonly #client: ModelClient;
  readonly #onEvent: ((db: number, key: string, kind: ModelEvent) => void) | undefined;
  readonly #unit: { db: number; words: readonly string[] }[] = [];
  #given: { readonly db: number; readonly words: readonly string[] } | undefined;
  #hasChanged = false;
  #isTold = false;

  constructor(
    keyspace: Keyspace,
    client: ModelClient,
    now: number,
    random: () => number,
    onEvent: ((db: number, key: string, kind: ModelEvent) => void) | undefined,
  ) {
    this.keyspace = keyspace;
    this.#client = client;
    this.now = now;
    this.random = random;
    this.#onEvent = onEvent;
  }

  /** What was propagated so far. */
  get unit(): Unit {
    return this.#unit;
  }

  get db(): number {
    return this.#client.db;
  }

  set db(index: number) {
    this.#client.db = index;
  }

  /** A command begins. @param words - as it was given */
  begin(words: readonly string[]): void {
    this.#given = { db: this.db, words };
    this.#hasChanged = false;
    this.#isTold = false;
  }

  /** The command has ended: it is propagated as it was given when it has changed something and told nothing else. */
  end(): void {
    if (this.#hasChanged && !this.#isTold) this.#unit.push(this.#given!);
    this.#given = undefined;
  }

  find(key: string, db: number = this.db): Stored | undefined {
    const stored = this.keyspace.db(db).get(key);
    if (stored === undefined || stored.expireAt < 0 || stored.expireAt > this.now) return stored;
    this.deleteByItself(db, key, 'expired');
    return undefined;
  }

  /** The server deletes a key: told by an event, and in the stream. */
  deleteByItself(db: number, key: string, kind: ModelEvent): void {
    this.keyspace.db(db).delete(key);
    this.#onEvent?.(db, key, kind);
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
    const kept = expireAt ?? this.find(key)?.expireAt ?? -1;
    this.#keys.set(key, { value, expireAt: kept });
  }

  remove(key: string, db: number = this.db): boolean {
    return this.find(key, db) !== undefined && this.keyspace.db(db).delete(key);
  }

  tidy(key: string): void {
    const stored = this.#keys.get(key);
    if (stored !== undefined && isEmpty(stored.value)) this.#keys.delete(key);
  }

  changed(): void {
    this.#hasChanged = true;
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
}
