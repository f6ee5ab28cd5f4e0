/**
 * A `Log` in memory with the promises of the port, for tests and simulation.
 *
 * Rules:
 * - Commits wait until they are flushed: by themselves in a microtask, or with `flush: 'manual'` when `flush` is called.
 * - What reads show is what is flushed. `crash` loses the rest: promises of unflushed commits never settle, as those of a
 *   process that is gone.
 *
 * It has no size limit and reads no clock.
 */
import type { Log, LogCommit, LogRecord, LogStream, Origin } from '@entwine/core';
import type { MemoryLogDisk, MemoryStream } from './memory-log-disk.ts';

/** An error of a memory log. */
export class MemoryLogError extends Error {
  readonly code: 'in-use' | 'corrupt' | 'gap' | 'closed';
  readonly retriable: boolean;

  constructor(code: 'in-use' | 'corrupt' | 'gap' | 'closed', message: string) {
    super(message);
    this.name = 'MemoryLogError';
    this.code = code;
    this.retriable = code === 'in-use';
  }
}

interface Waiting {
  readonly commit: LogCommit;
  resolve(): void;
  reject(error: unknown): void;
}

/** When commits are flushed. */
export interface MemoryLogOptions {
  /** @defaultValue `'auto'`: in a microtask. */
  readonly flush?: 'auto' | 'manual';
}

/** A log on a `MemoryLogDisk`. */
export class MemoryLog implements Log {
  readonly #disk: MemoryLogDisk;
  readonly #auto: boolean;
  #waiting: Waiting[] = [];
  #state: 'open' | 'closed' | 'crashed' = 'open';

  /** @throws MemoryLogError `in-use` while another log holds the disk. */
  constructor(disk: MemoryLogDisk, options: MemoryLogOptions = {}) {
    if (disk.holder !== undefined) throw new MemoryLogError('in-use', 'Another log holds this disk');
    disk.holder = this;
    this.#disk = disk;
    this.#auto = options.flush !== 'manual';
  }

  async commit(commit: LogCommit): Promise<void> {
    this.#refuseClosed();
    const copy = copyOf(commit);
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ commit: copy, resolve, reject });
      if (this.#auto && this.#waiting.length === 1) queueMicrotask(() => this.flush());
    });
  }

  /** Flushes commits in call order, at most `count` of them. */
  flush(count: number = Number.POSITIVE_INFINITY): void {
    if (this.#state === 'crashed') return;
    for (const { commit, resolve, reject } of this.#waiting.splice(0, count)) {
      const gap = findGap(this.#disk, commit);
      if (gap === undefined) {
        write(this.#disk, commit);
        resolve();
      } else {
        reject(gap);
      }
    }
  }

  /** The process is gone: what was not flushed is lost, and the disk can be opened again. */
  crash(): void {
    if (this.#state === 'open') this.#disk.holder = undefined;
    this.#state = 'crashed';
    this.#waiting = [];
  }

  read(stream: Origin, from: number, maxBytes: number): LogRecord[] {
    this.#refuseClosed();
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const { record, damaged } of this.#disk.streams.get(stream)?.records ?? []) {
      if (record.last < from) continue;
      if (records.length > 0 && bytes + record.body.length > maxBytes) break;
      if (damaged)
        throw new MemoryLogError('corrupt', `The record of ${stream} that begins at ${record.first} is damaged`);
      records.push({ ...record, body: record.body.slice() });
      bytes += record.body.length;
    }
    return records;
  }

  streams(): LogStream[] {
    this.#refuseClosed();
    return [...this.#disk.streams].map(([stream, { first, last }]) => ({ stream, first, last }));
  }

  get(key: string): Uint8Array | undefined {
    this.#refuseClosed();
    return this.#disk.facts.get(key)?.slice();
  }

  bytes(): number {
    this.#refuseClosed();
    let bytes = 0;
    for (const { records } of this.#disk.streams.values()) {
      for (const { record } of records) bytes += record.body.length;
    }
    return bytes;
  }

  async close(): Promise<void> {
    if (this.#state !== 'open') return;
    this.flush();
    this.#state = 'closed';
    this.#disk.holder = undefined;
  }

  #refuseClosed(): void {
    if (this.#state !== 'open') throw new MemoryLogError('closed', 'The log is closed');
  }
}

function copyOf(commit: LogCommit): LogCommit {
  return {
    append: commit.append.map((record) => {
      if (record.last < record.first) throw new RangeError(`A record of ${record.stream} ends before it begins`);
      return { ...record, body: record.body.slice() };
    }),
    put: commit.put.map(({ key, value }) => ({ key, value: value?.slice() ?? null })),
    trim: commit.trim.map((trim) => ({ ...trim })),
  };
}

function findGap(disk: MemoryLogDisk, commit: LogCommit): MemoryLogError | undefined {
  const lasts = new Map<Origin, number>();
  for (const { stream, first, last } of commit.append) {
    const before = lasts.get(stream) ?? disk.streams.get(stream)?.last;
    if (before !== undefined && first !== before + 1) {
      return new MemoryLogError('gap', `A record of ${stream} begins at ${first}, but the log ends at ${before}`);
    }
    lasts.set(stream, last);
  }
  return undefined;
}

function write(disk: MemoryLogDisk, commit: LogCommit): void {
  for (const record of commit.append) {
    const kept: MemoryStream = disk.streams.get(record.stream) ?? { first: record.first, last: 0, records: [] };
    kept.records.push({ record, damaged: false });
    kept.last = record.last;
    disk.streams.set(record.stream, kept);
  }
  for (const { key, value } of commit.put) {
    if (value === null) disk.facts.delete(key);
    else disk.facts.set(key, value);
  }
  for (const { stream, upTo } of commit.trim) {
    const kept = disk.streams.get(stream);
    if (kept === undefined) continue;
    kept.records = kept.records.filter(({ record }) => record.last > upTo);
    kept.first = kept.records[0]?.record.first ?? kept.last + 1;
  }
}
