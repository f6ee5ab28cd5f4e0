/**
 * LMDB underneath: ordered keys, one atomic and durable write at a time, reads of what is durable.
 *
 * What makes `write` durable (read in lmdb-js 3.5.6 and its liblmdb, and seen with strace; `write.js`, `writer.cpp`,
 * `mdb.c`):
 * - `overlappingSync` is lmdb-js' default on Linux. With it a transaction begins with MDB_NOSYNC, the promise of a write
 *   resolves when the commit is *visible*, and the flush follows (`db.flushed`). So readers see what a power cut can
 *   still take away. We switch it off, when the file is created and ever after.
 * - Without it `WriteWorker::Write` begins the transaction with no flags and runs `mdb_txn_commit`, which writes the
 *   pages, then `fdatasync`, then the meta page through a descriptor opened with O_DSYNC, and only then moves
 *   `mti_txnid`, by which readers choose their snapshot. TXN_COMMITTED, which resolves the promise, is set after
 *   `mdb_txn_commit` has returned 0. Hence: promise resolved = flushed, and visible = flushed.
 * - `batch` puts all its operations between a start and an end block of the instruction buffer; the write thread does
 *   not commit inside a block. All or nothing, in order. Values are read by address from the other thread: they must not
 *   change until the promise settles (`wrap` has copied them).
 *
 * Two things that LMDB here does differently from its manual: `mapSize` is no limit (lmdb-js lets the map grow, so the
 * limit is kept by us), and a failed commit may leave the environment such that the next write never settles
 * (`WriteWorker::Write` returns with its lock held when `mdb_txn_begin` fails). So after a failed write there is no
 * other one: see `lmdb-log.ts`.
 *
 * It does not know what keys and values mean.
 */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { LogError } from './log-error.ts';

/** One change: `null` removes. */
export interface Write {
  readonly key: Buffer;
  readonly value: Uint8Array | null;
}

/** An open LMDB file. */
export class LmdbStore {
  readonly #file: string;
  readonly #db: RootDatabase<Uint8Array, Buffer>;

  /** @throws whatever LMDB says. */
  constructor(file: string, mapSize: number) {
    this.#file = file;
    this.#db = open<Uint8Array, Buffer>({
      path: file,
      noSubdir: true,
      overlappingSync: false,
      keyEncoding: 'binary',
      encoding: 'binary',
      mapSize,
      maxDbs: 1,
    });
  }

  /**
   * A value, copied out of the map.
   * @throws LogError `corrupt`, as the other reads, when LMDB stumbles over its own pages.
   */
  get(key: Buffer): Uint8Array | undefined {
    try {
      return this.#db.getBinary(key);
    } catch (error) {
      throw readFailure(this.#file, error);
    }
  }

  /** Keys from `from` (included) to `to` (excluded), at most `limit` if there is one. */
  *keys(from: Buffer, to: Buffer, limit?: number): Generator<Buffer> {
    try {
      yield* this.#db.getKeys(limit === undefined ? { start: from, end: to } : { start: from, end: to, limit });
    } catch (error) {
      throw readFailure(this.#file, error);
    }
  }

  /** The greatest key below `bound` and above `floor`; neither is itself a key. */
  keyBelow(bound: Buffer, floor: Buffer): Buffer | undefined {
    try {
      for (const key of this.#db.getKeys({ start: bound, end: floor, reverse: true, limit: 1 })) return key;
      return undefined;
    } catch (error) {
      throw readFailure(this.#file, error);
    }
  }

  /**
   * Writes all of it in one transaction. Resolves when that is flushed. One at a time.
   * @throws LogError `full`, `not-writable`; after that the store must not be written to again.
   */
  async write(writes: readonly Write[]): Promise<void> {
    try {
      await this.#db.batch(() => {
        for (const { key, value } of writes) {
          if (value === null) this.#db.remove(key);
          else this.#db.put(key, value);
        }
      });
    } catch (error) {
      throw writeFailure(this.#file, await causeOf(error));
    }
  }

  /** Bytes of the pages in use, and of those that the file has besides: freed pages stay in it and are used again. */
  space(): { readonly used: number; readonly unused: number } {
    const stats = this.#db.getStats() as Record<string, number>;
    const used = stats.treeBranchPageCount! + stats.treeLeafPageCount! + stats.overflowPages!;
    const unused = Math.max(0, stats.lastPageNumber! + 1 - used);
    return { used: used * stats.pageSize!, unused: unused * stats.pageSize! };
  }

  /** Pids of the other processes that have this file open, as LMDB's table of readers has them. */
  otherProcesses(): number[] {
    this.#db.readerCheck();
    const pids = this.#db.readerList().matchAll(/^\s*(\d+) /gm);
    return [...pids].map((match) => Number(match[1])).filter((pid) => pid !== process.pid);
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

/** lmdb-js rejects with "Commit failed" and hands the reason in by a second promise. */
async function causeOf(error: unknown): Promise<unknown> {
  const reason = (error as { commitError?: Promise<unknown> }).commitError;
  return reason === undefined
    ? error
    : await reason.then(
        () => error,
        (cause: unknown) => cause,
      );
}

function readFailure(file: string, cause: unknown): LogError {
  const reason = (cause as { message?: string }).message;
  return new LogError('corrupt', `${file} is damaged inside: ${reason}. Move it away to begin anew`, cause);
}

const noSpace = new Set<unknown>([28 /* ENOSPC */, 122 /* EDQUOT */, -30792 /* MDB_MAP_FULL */]);

function writeFailure(file: string, cause: unknown): LogError {
  const { code, message } = cause as { code?: unknown; message?: string };
  if (noSpace.has(code) || (code === 5 /* EIO */ && isDiskFull(file))) {
    const hint = 'Free disk space, then open the log again';
    return new LogError('full', `No room left to write ${file}: ${message}. ${hint}`, cause);
  }
  const hint = 'Check the disk, then open the log again';
  return new LogError('not-writable', `Writing ${file} failed: ${message}. ${hint}`, cause);
}

/** LMDB says EIO of a write that was cut short, which is how a disk that fills up first shows. */
function isDiskFull(file: string): boolean {
  const disk = statfsSync(dirname(file));
  return disk.bavail * disk.bsize < 1024 ** 2;
}
