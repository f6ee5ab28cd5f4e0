/**
 * The log: a queue of commits, one transaction in flight, reads of what is flushed.
 *
 * Rules:
 * - Commits that arrive while a transaction is being flushed go together into the next one. Each is still all or
 *   nothing, and they take effect and resolve in call order.
 * - What `read`, `streams`, `get` and `bytes` show changes after the flush, never before.
 * - A commit refused by itself (`gap`, `full`) leaves the others alone. When a write fails, all of its group and all that
 *   wait are refused, and every commit after them: what the disk holds is as before that write, and opening the log
 *   again is the way on.
 *
 * It holds no record in memory beyond the group being written.
 */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Log, LogCommit, LogRecord, LogStream, Origin } from '@entwine/core';
import { GroupPlan, type PreparedCommit, prepareCommit } from './commit-plan.ts';
import { open } from './envelope.ts';
import { factKey, type RecordKey, recordBound, recordKey, recordOf } from './keys.ts';
import type { LmdbStore } from './lmdb-store.ts';
import { LogError } from './log-error.ts';
import type { StreamRow } from './stream-row.ts';

/** Bytes of commits that one transaction takes at most, unless a single commit is larger. */
const maxGroupBytes = 8 * 1024 * 1024;

/** Kept free on the disk, and allowed above `maxBytes`, for commits without records: a full log can still be trimmed. */
const reserveBytes = 16 * 1024 * 1024;

interface Waiting {
  readonly commit: PreparedCommit;
  resolve(): void;
  reject(error: unknown): void;
}

/** Bytes that may still be written: below `maxBytes`; and in the file and on the disk, without the reserve. */
interface Room {
  readonly log: number;
  readonly disk: number;
}

/** What `LmdbLog` is made of; `openLmdbLog` puts it together. */
export interface LmdbLogParts {
  readonly file: string;
  readonly maxBytes: number;
  readonly store: LmdbStore;
  readonly rows: readonly StreamRow[];
  /** Called once after the store is closed. */
  release(): void;
}

/** An open log. See `Log` in `@entwine/core` for what it promises. */
export class LmdbLog implements Log {
  readonly #parts: LmdbLogParts;
  readonly #rows: Map<Origin, StreamRow> = new Map();
  #nextId = 1;
  #bytes = 0;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #failure: LogError | undefined;

  constructor(parts: LmdbLogParts) {
    this.#parts = parts;
    this.#adopt(parts.rows);
    for (const row of parts.rows) this.#nextId = Math.max(this.#nextId, row.id + 1);
  }

  /** @throws LogError `gap`, `full`, `not-writable`, `closed`; RangeError on misuse. */
  async commit(commit: LogCommit): Promise<void> {
    this.#refuseClosed();
    if (this.#failure !== undefined) throw this.#failure;
    const prepared = prepareCommit(commit);
    return new Promise<void>((resolve, reject) => {
      this.#queue.push({ commit: prepared, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** @throws LogError `corrupt`, `schema`, `closed`. */
  read(stream: Origin, from: number, maxBytes: number): LogRecord[] {
    this.#refuseClosed();
    const row = this.#rows.get(stream);
    const records: LogRecord[] = [];
    if (row === undefined || from > row.last) return records;
    let bytes = 0;
    let next = Math.max(from, row.first);
    for (const found of this.#seek(row, next)) {
      if (records.length > 0 && bytes + found.length > maxBytes) return records;
      if (found.first > next) break;
      records.push({ stream, first: found.first, last: found.last, body: this.#body(row, found) });
      bytes += found.length;
      next = found.last + 1;
    }
    if (next <= row.last) throw this.#missing(stream, next);
    return records;
  }

  streams(): LogStream[] {
    this.#refuseClosed();
    return [...this.#rows.values()].map(({ stream, first, last }) => ({ stream, first, last }));
  }

  /** @throws LogError `corrupt`, `schema`, `closed`. */
  get(key: string): Uint8Array | undefined {
    this.#refuseClosed();
    const stored = factKey(key);
    const value = this.#parts.store.get(stored);
    return value === undefined ? undefined : open(stored, value, `The fact ${key} in ${this.#parts.file}`);
  }

  bytes(): number {
    this.#refuseClosed();
    return this.#bytes;
  }

  /** Flushes what was committed before, then lets go of the folder. Closing twice is closing once. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    await this.#running;
    await this.#parts.store.close();
    this.#parts.release();
  }

  async #run(): Promise<void> {
    await undefined; // what is committed in the same turn joins the first group
    while (this.#queue.length > 0) {
      const plan = new GroupPlan({
        row: (stream) => this.#rows.get(stream),
        nextId: this.#nextId,
        records: (...range) => this.#records(...range),
      });
      const group = this.#take(plan);
      const { writes, rows, nextId } = plan.finish();
      try {
        if (writes.length > 0) await this.#parts.store.write(writes);
      } catch (error) {
        this.#failure = error as LogError;
        for (const waiting of [...group, ...this.#queue]) waiting.reject(error);
        this.#queue = [];
        break;
      }
      this.#nextId = nextId;
      this.#adopt(rows);
      for (const waiting of group) waiting.resolve();
    }
    this.#running = undefined;
  }

  /** Moves commits from the queue into the plan; those that are refused by themselves are told so. */
  #take(plan: GroupPlan): Waiting[] {
    const group: Waiting[] = [];
    let size = 0;
    let taken = 0;
    let room: Room | undefined;
    for (const waiting of this.#queue) {
      if (group.length > 0 && size + waiting.commit.size > maxGroupBytes) break;
      taken++;
      try {
        room ??= this.#room();
        this.#refuseFull(waiting.commit, size, room);
        plan.add(waiting.commit);
        size += waiting.commit.size;
        group.push(waiting);
      } catch (error) {
        waiting.reject(error);
      }
    }
    this.#queue.splice(0, taken);
    return group;
  }

  #room(): Room {
    const { file, maxBytes, store } = this.#parts;
    const { used, unused } = store.space();
    const disk = statfsSync(dirname(file));
    return { log: maxBytes - used, disk: disk.bavail * disk.bsize + unused - reserveBytes };
  }

  #refuseFull(commit: PreparedCommit, before: number, room: Room): void {
    if (commit.size === 0) return;
    const { file, maxBytes } = this.#parts;
    const need = before + commit.size - (commit.append.length > 0 ? 0 : reserveBytes);
    if (need > room.log) {
      throw new LogError(
        'full',
        `The log ${file} has reached maxBytes (${maxBytes}). Let its readers catch up so that it is trimmed, or raise maxBytes`,
      );
    }
    if (need > room.disk) {
      throw new LogError('full', `The disk of ${file} is full. Free at least ${need + reserveBytes} bytes`);
    }
  }

  #adopt(rows: Iterable<StreamRow>): void {
    for (const row of rows) {
      this.#bytes += row.bytes - (this.#rows.get(row.stream)?.bytes ?? 0);
      this.#rows.set(row.stream, row);
    }
  }

  #records(id: number, first: number, upTo: number, limit: number): RecordKey[] {
    const keys = this.#parts.store.keys(recordBound(id, first), recordBound(id, upTo + 1), limit);
    return Array.from(keys, (key) => recordOf(key)!);
  }

  /** Keys of the records from the one that holds `from`. */
  *#seek(row: StreamRow, from: number): Generator<RecordKey> {
    const { store } = this.#parts;
    const before = store.keyBelow(recordBound(row.id, from), recordBound(row.id, row.first));
    const holding = before === undefined ? undefined : recordOf(before);
    if (holding !== undefined && holding.last >= from) yield holding;
    for (const key of store.keys(recordBound(row.id, from), recordBound(row.id, row.last + 1))) {
      yield recordOf(key)!;
    }
  }

  #body(row: StreamRow, record: RecordKey): Uint8Array {
    const key = recordKey(row.id, record);
    const value = this.#parts.store.get(key);
    if (value === undefined) throw this.#missing(row.stream, record.first);
    const what = `The record of ${row.stream} that begins at ${record.first} (to ${record.last}) in ${this.#parts.file}`;
    return open(key, value, what);
  }

  #missing(stream: Origin, seq: number): LogError {
    return new LogError('corrupt', `The record of ${stream} that holds ${seq} is missing in ${this.#parts.file}`);
  }

  #refuseClosed(): void {
    if (this.#closing !== undefined) throw new LogError('closed', `The log ${this.#parts.file} is closed`);
  }
}
