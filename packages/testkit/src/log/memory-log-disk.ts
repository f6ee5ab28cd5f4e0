/**
 * The disk under memory logs: what is flushed, and which log holds it. It outlives the logs opened on it.
 */
import type { LogRecord, Origin } from '@entwine/core';

/** What is kept of a stream. */
export interface MemoryStream {
  /** First sequence number kept; `last + 1` when none is. */
  first: number;
  last: number;
  /** In order. `damaged` stands for a checksum that fails. */
  records: { readonly record: LogRecord; damaged: boolean }[];
}

/** Flushed state. Open it with `MemoryLog`; several in a row, one at a time. */
export class MemoryLogDisk {
  readonly streams: Map<Origin, MemoryStream> = new Map();
  readonly facts: Map<string, Uint8Array> = new Map();
  /** The log that holds this disk, as an opaque value. */
  holder: object | undefined;

  /** Makes the record that holds `seq` fail its checksum. */
  damage(stream: Origin, seq: number): void {
    const found = this.streams.get(stream)?.records.find(({ record }) => record.first <= seq && seq <= record.last);
    if (found === undefined) throw new Error(`No record of ${stream} holds ${seq}`);
    found.damaged = true;
  }
}
