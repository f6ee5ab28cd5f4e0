/**
 * The row kept for each stream: `first:f64 last:f64 bytes:f64 name:utf8`. It outlives the stream's records, and the
 * byte count is carried along so that nobody has to add up.
 */
import type { Origin } from '@entwine/core';
import { open, seal, wrap } from './envelope.ts';
import { streamIdOf, streamKey } from './keys.ts';

/** What is known of one stream. Never changed in place. */
export interface StreamRow {
  readonly id: number;
  readonly stream: Origin;
  /** First sequence number kept; `last + 1` when none is. */
  readonly first: number;
  readonly last: number;
  /** Bytes of the bodies kept. */
  readonly bytes: number;
}

/** A row as key and value. */
export function encodeStreamRow(row: StreamRow): { readonly key: Buffer; readonly value: Uint8Array } {
  const name = Buffer.from(row.stream);
  const payload = Buffer.allocUnsafe(24 + name.length);
  payload.writeDoubleBE(row.first, 0);
  payload.writeDoubleBE(row.last, 8);
  payload.writeDoubleBE(row.bytes, 16);
  name.copy(payload, 24);
  const key = streamKey(row.id);
  return { key, value: seal(key, wrap(payload)) };
}

/** @throws LogError `corrupt`, `schema`. */
export function decodeStreamRow(key: Uint8Array, value: Uint8Array, where: string): StreamRow {
  const id = streamIdOf(key);
  const bytes = open(key, value, `The row of stream number ${id} in ${where}`);
  const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    id,
    stream: payload.toString('utf8', 24),
    first: payload.readDoubleBE(0),
    last: payload.readDoubleBE(8),
    bytes: payload.readDoubleBE(16),
  };
}
