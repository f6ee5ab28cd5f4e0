/**
 * Payloads back to values. What does not read as it should gives undefined; nothing here throws on a peer's bytes.
 */
import { dataHeadBytes } from './encode-frame.ts';

/** The head of a data frame and the first piece of the body. */
export interface DataPayload {
  readonly first: number;
  readonly last: number;
  readonly total: number;
  readonly piece: Uint8Array;
}

/** Reads a data frame's payload. */
export function readData(payload: Uint8Array): DataPayload | undefined {
  if (payload.length < dataHeadBytes) return undefined;
  const first = readSafe(payload, 0);
  const last = readSafe(payload, 8);
  if (first === undefined || last === undefined || first < 1 || last < first) return undefined;
  const total = new DataView(payload.buffer, payload.byteOffset).getUint32(16);
  const piece = payload.subarray(dataHeadBytes);
  return piece.length > total ? undefined : { first, last, total, piece };
}

/** Reads the payload of a frame that is one whole number. */
export function readNumber(payload: Uint8Array): number | undefined {
  return payload.length === 8 ? readSafe(payload, 0) : undefined;
}

/** Reads JSON in UTF-8 that is an object. */
export function readObject(payload: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** An object as JSON in UTF-8. */
export function writeObject(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function readSafe(payload: Uint8Array, at: number): number | undefined {
  const value = new DataView(payload.buffer, payload.byteOffset).getBigUint64(at);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}
