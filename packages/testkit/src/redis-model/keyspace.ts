/** The databases of the model: keys, their values, their expiries. */
import { copyValue } from './copy-value.ts';
import type { ModelType, ModelValue } from './values.ts';

/** A key's value and the moment it ends. */
export interface Stored {
  value: ModelValue;
  /** Unix milliseconds; -1 when it does not end. */
  expireAt: number;
}

/** One database. Keys are byte strings, in the order in which they were made. */
export type Database = Map<string, Stored>;

/** All databases of one server. */
export class Keyspace {
  readonly #dbs: Database[];

  constructor(databases: number) {
    this.#dbs = Array.from({ length: databases }, () => new Map());
  }

  get size(): number {
    return this.#dbs.length;
  }

  db(index: number): Database {
    const db = this.#dbs[index];
    if (db === undefined) throw new RangeError(`there is no database ${index}`);
    return db;
  }

  swap(a: number, b: number): void {
    const held = this.db(a);
    this.#dbs[a] = this.db(b);
    this.#dbs[b] = held;
  }

  /** Every key: its database, name, value and expiry. */
  *[Symbol.iterator](): Generator<{ db: number; key: string; stored: Stored }> {
    for (const [index, db] of this.#dbs.entries()) for (const [key, stored] of db) yield { db: index, key, stored };
  }

  /** A deep copy that shares nothing with this one. */
  copy(): Keyspace {
    const copy = new Keyspace(this.size);
    for (const [index, db] of this.#dbs.entries()) {
      const copied = copy.db(index);
      for (const [key, { value, expireAt }] of db) copied.set(key, { value: copyValue(value), expireAt });
    }
    return copy;
  }
}

/** Whether a key is over. In its last millisecond it is still there. */
export function hasExpired({ expireAt }: Stored, now: number): boolean {
  return expireAt >= 0 && now > expireAt;
}

/** The value of a type, as far as it is one. */
export type ValueOf<T extends ModelType> = Extract<ModelValue, { readonly type: T }>;
