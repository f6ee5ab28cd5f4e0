/**
 * Pending: what has been read of the local stream and is not released yet.
 *
 * Every unit is a step: the place where it ends, the entry it became (if any), the change it makes to the ledger (if any).
 * Steps are released in order, up to the offset that the gate allows; only what is released is committed, and only what is
 * committed is shipped. Nothing here is durable: Redis' own backlog holds these units until then.
 */
import { ByteWriter, type Entry, encodeEntry } from '@entwine/core';
import type { Ledger } from './ledger.ts';

interface Step {
  /** Replication offset after it. */
  end: number;
  db: number;
  /** Length of `#bytes` after it. */
  bytes: number;
  /** Sequence number and time of its entry; 0 without one. */
  readonly seq: number;
  readonly time: number;
  readonly change: ((ledger: Ledger) => void) | undefined;
}

/** What one release took out. */
export interface Released {
  /** Encoded entries; undefined when there were none. */
  readonly body: Uint8Array | undefined;
  readonly first: number;
  readonly last: number;
  readonly steps: number;
}

/** The steps between the released place and the place read so far. */
export class Pending {
  #steps: Step[] = [];
  readonly #bytes = new ByteWriter(1 << 16);
  #eventful = 0;

  /** Bytes of entries not yet released. */
  get bytes(): number {
    return this.#bytes.length;
  }

  /** Steps not yet released. */
  get length(): number {
    return this.#steps.length;
  }

  /** Whether anything but the position would change by a release. */
  get eventful(): boolean {
    return this.#eventful > 0;
  }

  /** Whether anything would be released up to an offset. */
  isReleasable(upTo: number): boolean {
    return this.#steps.length > 0 && this.#steps[0]!.end <= upTo;
  }

  /** The position moved without anything happening. */
  quiet(end: number, db: number): void {
    const last = this.#steps.at(-1);
    if (last !== undefined && last.seq === 0 && last.change === undefined) {
      last.end = end;
      last.db = db;
    } else this.#steps.push({ end, db, bytes: this.#bytes.length, seq: 0, time: 0, change: undefined });
  }

  /** A unit that became an entry. */
  entry(end: number, db: number, entry: Entry, change?: (ledger: Ledger) => void): void {
    encodeEntry(this.#bytes, entry);
    this.#steps.push({ end, db, bytes: this.#bytes.length, seq: entry.seq, time: entry.time, change });
    this.#eventful++;
  }

  /** A unit that became no entry but changes the ledger. */
  change(end: number, db: number, change: (ledger: Ledger) => void): void {
    this.#steps.push({ end, db, bytes: this.#bytes.length, seq: 0, time: 0, change });
    this.#eventful++;
  }

  /** Takes out the steps up to an offset and applies them to the ledger. */
  release(upTo: number, ledger: Ledger): Released {
    let count = 0;
    let [first, last, bytes] = [0, 0, 0];
    for (const step of this.#steps) {
      if (step.end > upTo) break;
      count++;
      bytes = step.bytes;
      if (step.seq > 0) {
        if (first === 0) first = step.seq;
        last = step.seq;
        ledger.seq = step.seq;
        if (step.time > ledger.clock) ledger.clock = step.time;
      }
      step.change?.(ledger);
      if (step.seq > 0 || step.change !== undefined) this.#eventful--;
    }
    if (count === 0) return { body: undefined, first, last, steps: 0 };
    const moved = this.#steps[count - 1]!;
    ledger.position = { ...ledger.position, offset: moved.end, db: moved.db };
    this.#drop(count, bytes);
    return { body: bytes > 0 ? this.#bytes.take(bytes) : undefined, first, last, steps: count };
  }

  #drop(count: number, bytes: number): void {
    this.#steps = count === this.#steps.length ? [] : this.#steps.slice(count);
    for (const step of this.#steps) step.bytes -= bytes;
  }
}
