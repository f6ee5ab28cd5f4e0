/** Reads stream ids: as two lengths, or as sixteen bytes. */
import type { StreamId } from '../rdb-value.ts';
import type { RdbCursor } from './rdb-cursor.ts';

/** Bytes of an id that is not encoded as lengths: two unsigned integers of 64 bits, big endian. */
export const rawIdBytes = 16;

/** Two lengths. */
export function readId(cursor: RdbCursor): StreamId {
  return { ms: cursor.unsigned(), seq: cursor.unsigned() };
}

/** Sixteen bytes that are there, from `at`. */
export function rawId(bytes: Uint8Array, at: number): StreamId {
  return { ms: big64(bytes, at), seq: big64(bytes, at + 8) };
}

function big64(bytes: Uint8Array, at: number): bigint {
  const high = big32(bytes, at);
  const low = big32(bytes, at + 4);
  // Most are small: one conversion instead of three operations.
  return high < 0x200000 ? BigInt(high * 4294967296 + low) : (BigInt(high) << 32n) | BigInt(low);
}

function big32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
