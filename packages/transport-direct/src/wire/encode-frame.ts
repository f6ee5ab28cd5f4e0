/**
 * Frames to bytes.
 *
 * Small frames are encoded whole. A batch's frames are only headed here: the header is a few bytes of their own, and the
 * body follows on the socket without being copied.
 */
import { frameHeaderBytes } from './frame-decoder.ts';
import { type FrameType, frameType } from './frame-type.ts';

/** Bytes of a data frame's payload before the body: first and last sequence number (u64 each), body length (u32). */
export const dataHeadBytes = 20;

/** A frame with all its bytes. */
export function encodeFrame(type: FrameType, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(frameHeaderBytes + payload.length);
  writeHeader(bytes, type, payload.length);
  bytes.set(payload, frameHeaderBytes);
  return bytes;
}

/**
 * What stands before the first piece of a batch's body.
 * @param total - the length of the whole body; `piece` that of the part which follows in this frame.
 */
export function dataHead(first: number, last: number, total: number, piece: number): Uint8Array {
  const bytes = new Uint8Array(frameHeaderBytes + dataHeadBytes);
  writeHeader(bytes, frameType.data, dataHeadBytes + piece);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(frameHeaderBytes, BigInt(first));
  view.setBigUint64(frameHeaderBytes + 8, BigInt(last));
  view.setUint32(frameHeaderBytes + 16, total);
  return bytes;
}

/** What stands before a later piece of a batch's body. */
export function moreHead(piece: number): Uint8Array {
  const bytes = new Uint8Array(frameHeaderBytes);
  writeHeader(bytes, frameType.more, piece);
  return bytes;
}

/** A frame whose payload is one whole number: an acknowledged sequence number, or bytes of credit. */
export function numberFrame(type: FrameType, value: number): Uint8Array {
  const payload = new Uint8Array(8);
  new DataView(payload.buffer).setBigUint64(0, BigInt(value));
  return encodeFrame(type, payload);
}

function writeHeader(bytes: Uint8Array, type: FrameType, length: number): void {
  new DataView(bytes.buffer).setUint32(0, length);
  bytes[4] = type;
}
