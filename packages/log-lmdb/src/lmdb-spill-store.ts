/**
 * A spill store on LMDB, in a file of its own beside the log: writes to it do not wait for the log's flushes, nor those for it.
 *
 * Nothing in it outlives the process, so nothing is flushed, and the file is made anew at each start. Two kinds of rows:
 *
 *     01 db:u32 key                  the record of a key
 *     02 order:u64 db:u32 key        its place in the order
 *
 * Integers are big endian. All calls are synchronous: what LMDB has to read from the disk, the caller waits for.
 */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SpillPlace, SpillRecord, SpillStore } from '@entwine/core';
import { open, type RootDatabase } from 'lmdb';
import { LogError } from './log-error.ts';

/** Where the store is. */
export interface LmdbSpillOptions {
  /** The folder of the log, which holds the lock. */
  readonly path: string;
}

/** What LMDB allows (1,978), without what a place has beside its key. */
const maxKeyBytes = 1900;
const [recordHead, orderHead] = [5, 13];
const [byKey, byOrder] = [1, 2];
const noValue = Buffer.of(0);

/**
 * Opens an empty store; one that is there is removed. To be called by who holds the folder's log.
 * @throws LogError `not-writable`.
 */
export function openLmdbSpillStore(options: LmdbSpillOptions): SpillStore {
  const file = join(resolve(options.path), 'spilled.mdb');
  try {
    rmSync(file, { force: true });
    rmSync(`${file}-lock`, { force: true });
    const db = open<Uint8Array, Buffer>({
      ...{ path: file, noSubdir: true, maxDbs: 1 },
      ...{ overlappingSync: false, noSync: true, noMetaSync: true },
      ...{ keyEncoding: 'binary', encoding: 'binary' },
    });
    return new LmdbSpillStore(file, db);
  } catch (error) {
    const { message } = error as { message?: string };
    throw new LogError(
      'not-writable',
      `Cannot make ${file} anew: ${message}. Check its permissions and the disk`,
      error,
    );
  }
}

class LmdbSpillStore implements SpillStore {
  readonly maxKeyBytes = maxKeyBytes;
  readonly #file: string;
  readonly #db: RootDatabase<Uint8Array, Buffer>;
  #count = 0;

  constructor(file: string, db: RootDatabase<Uint8Array, Buffer>) {
    this.#file = file;
    this.#db = db;
  }

  get count(): number {
    return this.#count;
  }

  bytes(): number {
    const stats = this.#db.getStats() as Record<string, number>;
    return (stats.treeBranchPageCount! + stats.treeLeafPageCount! + stats.overflowPages!) * stats.pageSize!;
  }

  get(db: number, key: string): Uint8Array | undefined {
    const value = this.#db.getBinary(recordKey(db, key));
    return value === undefined ? undefined : new Uint8Array(value);
  }

  /** @throws LogError `full`, `not-writable`. */
  write(remove: readonly SpillPlace[], put: readonly SpillRecord[]): void {
    this.#transaction(() => {
      for (const place of remove) this.#remove(place);
      for (const { db, key, order, value } of put) {
        this.#db.putSync(recordKey(db, key), value);
        this.#db.putSync(orderKey(order, db, key), noValue);
      }
    });
    this.#count += put.length - remove.length;
  }

  takeUpTo(order: number, most: number): readonly SpillRecord[] {
    const range = { start: Buffer.of(byOrder), end: orderKey(order + 1, 0, ''), limit: most };
    const due: SpillRecord[] = [];
    for (const key of this.#db.getKeys(range)) {
      const place = placeOf(key);
      due.push({ ...place, value: this.get(place.db, place.key)! });
    }
    if (due.length === 0) return due;
    this.#transaction(() => {
      for (const place of due) this.#remove(place);
    });
    this.#count -= due.length;
    return due;
  }

  placesFrom(order: number): readonly SpillPlace[] {
    return Array.from(this.#db.getKeys({ start: orderKey(order, 0, ''), end: Buffer.of(byOrder + 1) }), placeOf);
  }

  async close(): Promise<void> {
    await this.#db.close();
    rmSync(this.#file, { force: true });
    rmSync(`${this.#file}-lock`, { force: true });
  }

  #remove({ db, key, order }: SpillPlace): void {
    this.#db.removeSync(recordKey(db, key));
    this.#db.removeSync(orderKey(order, db, key));
  }

  /** All of it or nothing. */
  #transaction(run: () => void): void {
    try {
      this.#db.transactionSync(run);
    } catch (error) {
      const { message } = error as { message?: string };
      throw new LogError('not-writable', `Writing ${this.#file} failed: ${message}. Check the disk`, error);
    }
  }
}

function recordKey(db: number, key: string): Buffer {
  const bytes = Buffer.allocUnsafe(recordHead + key.length);
  bytes[0] = byKey;
  bytes.writeUInt32BE(db, 1);
  bytes.write(key, recordHead, 'latin1');
  return bytes;
}

function orderKey(order: number, db: number, key: string): Buffer {
  const bytes = Buffer.allocUnsafe(orderHead + key.length);
  bytes[0] = byOrder;
  bytes.writeUInt32BE(Math.floor(order / 0x1_0000_0000), 1);
  bytes.writeUInt32BE(order >>> 0, 5);
  bytes.writeUInt32BE(db, 9);
  bytes.write(key, orderHead, 'latin1');
  return bytes;
}

function placeOf(key: Uint8Array): SpillPlace {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length);
  return {
    order: bytes.readUInt32BE(1) * 0x1_0000_0000 + bytes.readUInt32BE(5),
    db: bytes.readUInt32BE(9),
    key: bytes.toString('latin1', orderHead),
  };
}
