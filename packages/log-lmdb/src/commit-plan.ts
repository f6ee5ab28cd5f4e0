/**
 * Planning: commits in, changes of keys out. Decides gaps, assigns stream ids, finds what a trim drops.
 *
 * Rules:
 * - A commit is planned against what the ones before it in the group will have written; the group is one transaction.
 * - A refused commit leaves no trace in the plan.
 * - Within a commit: append, then put, then trim.
 * - A trim drops a prefix of whole records, at most `maxTrimmed` in one go so that no commit takes seconds; the rest goes
 *   with the next trim.
 *
 * It neither writes nor waits.
 */
import type { LogCommit, Origin } from '@entwine/core';
import { seal, wrap } from './envelope.ts';
import { factKey, maxFactName, type RecordKey, recordKey } from './keys.ts';
import type { Write } from './lmdb-store.ts';
import { LogError } from './log-error.ts';
import { encodeStreamRow, type StreamRow } from './stream-row.ts';

/** Most records that one trim drops. */
export const maxTrimmed = 10_000;

/** A commit with its bytes copied: the caller may use its buffers again. */
export interface PreparedCommit {
  readonly append: readonly { readonly stream: Origin; readonly record: RecordKey; readonly value: Uint8Array }[];
  readonly put: readonly Write[];
  readonly trim: LogCommit['trim'];
  /** Bytes that it adds at most. */
  readonly size: number;
}

/** What planning needs to know of what is flushed. */
export interface Flushed {
  row(stream: Origin): StreamRow | undefined;
  /** The id for the next new stream. */
  readonly nextId: number;
  /** Keys of records of a stream that begin in `first..upTo`, at most `limit`, in order. */
  records(id: number, first: number, upTo: number, limit: number): RecordKey[];
}

/** @throws RangeError on misuse. */
export function prepareCommit(commit: LogCommit): PreparedCommit {
  let size = 0;
  const append = commit.append.map(({ stream, first, last, body }) => {
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < 0 || last < first) {
      throw new RangeError(`A record of ${stream} cannot hold the sequence numbers ${first} to ${last}`);
    }
    size += body.length;
    return { stream, record: { first, last, length: body.length }, value: wrap(body) };
  });
  const put = commit.put.map(({ key: name, value }) => {
    const key = factKey(name);
    if (key.length - 1 > maxFactName) {
      throw new RangeError(`The name of a fact has at most ${maxFactName} bytes, not ${key.length - 1}: ${name}`);
    }
    size += value?.length ?? 0;
    return { key, value: value === null ? null : seal(key, wrap(value)) };
  });
  return { append, put, trim: commit.trim, size };
}

/** The changes of a group of commits. */
export class GroupPlan {
  /** In order. Rows of streams come with `finish`. */
  readonly #writes: Write[] = [];
  readonly #rows: Map<Origin, StreamRow> = new Map();
  readonly #appended: Map<number, RecordKey[]> = new Map();
  readonly #flushed: Flushed;
  #nextId: number;

  constructor(flushed: Flushed) {
    this.#flushed = flushed;
    this.#nextId = flushed.nextId;
  }

  /** @throws LogError `gap`; then nothing of the commit is in the plan. */
  add(commit: PreparedCommit): void {
    this.#refuseGaps(commit);
    for (const { stream, record, value } of commit.append) {
      const row = this.#row(stream) ?? { id: this.#nextId++, stream, first: record.first, last: 0, bytes: 0 };
      const key = recordKey(row.id, record);
      this.#writes.push({ key, value: seal(key, value) });
      this.#rows.set(stream, { ...row, last: record.last, bytes: row.bytes + record.length });
      const appended = this.#appended.get(row.id);
      if (appended === undefined) this.#appended.set(row.id, [record]);
      else appended.push(record);
    }
    this.#writes.push(...commit.put);
    for (const { stream, upTo } of commit.trim) this.#trim(stream, upTo);
  }

  /** Everything to write, and the rows that hold once it is flushed. */
  finish(): { readonly writes: readonly Write[]; readonly rows: Iterable<StreamRow>; readonly nextId: number } {
    for (const row of this.#rows.values()) this.#writes.push(encodeStreamRow(row));
    return { writes: this.#writes, rows: this.#rows.values(), nextId: this.#nextId };
  }

  #row(stream: Origin): StreamRow | undefined {
    return this.#rows.get(stream) ?? this.#flushed.row(stream);
  }

  #refuseGaps(commit: PreparedCommit): void {
    const lasts = new Map<Origin, number>();
    for (const { stream, record } of commit.append) {
      const last = lasts.get(stream) ?? this.#row(stream)?.last;
      if (last !== undefined && record.first !== last + 1) {
        throw new LogError(
          'gap',
          `A record of ${stream} begins at ${record.first}, but the log ends at ${last}: it must begin at ${last + 1}. Nothing of the commit was written`,
        );
      }
      lasts.set(stream, record.last);
    }
  }

  #trim(stream: Origin, upTo: number): void {
    const row = this.#row(stream);
    if (row === undefined || upTo < row.first) return;
    const found = this.#flushed.records(row.id, row.first, Math.min(upTo, row.last), maxTrimmed);
    const pending = this.#appended.get(row.id)?.filter((record) => record.first >= row.first) ?? [];
    const candidates = found.length < maxTrimmed ? [...found, ...pending] : found;
    let { first, bytes } = row;
    for (const record of candidates) {
      if (record.last > upTo) break;
      this.#writes.push({ key: recordKey(row.id, record), value: null });
      first = record.last + 1;
      bytes -= record.length;
    }
    if (first !== row.first) this.#rows.set(stream, { ...row, first, bytes });
  }
}
