/**
 * Our own log as peers read it: flushed entries from any sequence number on, the recent ones from memory.
 *
 * Only what `flushed` was told of is handed out.
 */
import { type EntryBatch, type Log, type LogRecord, type Origin, skipEntries } from '@entwine/core';

/** A longer record is cut between its entries, so that what travels as one is this, or a single entry. */
const mostWholeBytes = 64 * 1024 * 1024;

/** Reads our own log for shipping. */
export class OwnLog {
  readonly #log: Log;
  readonly #origin: Origin;
  readonly #maxBytes: number;
  #recent: LogRecord[] = [];
  #bytes = 0;
  #first: number;
  #last: number;

  /** @param maxBytes - bytes of recent records kept in memory. */
  constructor(log: Log, origin: Origin, maxBytes: number) {
    this.#log = log;
    this.#origin = origin;
    this.#maxBytes = maxBytes;
    const kept = log.streams().find((stream) => stream.stream === origin);
    this.#first = kept?.first ?? 1;
    this.#last = kept?.last ?? 0;
  }

  get first(): number {
    return this.#first;
  }

  get last(): number {
    return this.#last;
  }

  /** A record was flushed. */
  flushed(record: LogRecord): void {
    this.#last = record.last;
    this.#recent.push(record);
    this.#bytes += record.body.length;
    while (this.#bytes > this.#maxBytes && this.#recent.length > 1) this.#bytes -= this.#recent.shift()!.body.length;
  }

  /** Records up to `seq` may be gone from the log. */
  trimmed(seq: number): void {
    if (seq >= this.#first) this.#first = Math.min(seq, this.#last) + 1;
  }

  /** Entries from `from` on, up to about `maxBytes` (at least one record's rest); undefined when there is none. */
  read(from: number, maxBytes: number): EntryBatch | undefined {
    if (from > this.#last) return undefined;
    const oldest = this.#recent[0];
    const records =
      oldest !== undefined && from >= oldest.first
        ? this.#fromMemory(from, maxBytes)
        : this.#log.read(this.#origin, from, maxBytes);
    const head = records[0];
    if (head === undefined) return undefined;
    const skipped = Math.max(0, from - head.first);
    const first = head.first + skipped;
    const headBody = skipped > 0 ? head.body.subarray(skipEntries(head.body, skipped)) : head.body;
    if (records.length === 1) return this.#cut(first, head.last, headBody, maxBytes);
    return { origin: this.#origin, first, last: records.at(-1)!.last, body: joined(headBody, records) };
  }

  /** The beginning of a long record, or all of it. */
  #cut(first: number, last: number, body: Uint8Array, maxBytes: number): EntryBatch {
    const most = Math.max(maxBytes, mostWholeBytes);
    if (body.length <= most) return { origin: this.#origin, first, last, body };
    let end = skipEntries(body, 1);
    let cutAt = first;
    for (let next = end; next <= most; next += skipEntries(body.subarray(next), 1)) {
      if (next === end) continue;
      end = next;
      cutAt++;
    }
    return { origin: this.#origin, first, last: cutAt, body: body.subarray(0, end) };
  }

  #fromMemory(from: number, maxBytes: number): LogRecord[] {
    const recent = this.#recent;
    let [low, high] = [0, recent.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (recent[middle]!.last < from) low = middle + 1;
      else high = middle;
    }
    let bytes = recent[low]!.body.length;
    let end = low + 1;
    while (end < recent.length && bytes + recent[end]!.body.length <= maxBytes) bytes += recent[end++]!.body.length;
    return recent.slice(low, end);
  }
}

function joined(head: Uint8Array, records: readonly LogRecord[]): Uint8Array {
  let length = head.length;
  for (let i = 1; i < records.length; i++) length += records[i]!.body.length;
  const body = new Uint8Array(length);
  body.set(head);
  let at = head.length;
  for (let i = 1; i < records.length; i++) {
    body.set(records[i]!.body, at);
    at += records[i]!.body.length;
  }
  return body;
}
