/** The end of what DUMP and FUNCTION DUMP answer: two bytes of version, eight of checksum. */
import { crc64 } from '../bytes/crc64.ts';

export const footerBytes = 10;
export const checksumBytes = 8;

/** The RDB version of a payload that is as long as a footer at least. */
export function versionOf(payload: Uint8Array): number {
  const at = payload.length - footerBytes;
  return payload[at]! | (payload[at + 1]! << 8);
}

/** Whether the checksum fits; 0 means that the sender made none. */
export function isIntact(payload: Uint8Array): boolean {
  const at = payload.length - checksumBytes;
  const view = new DataView(payload.buffer, payload.byteOffset + at, checksumBytes);
  const given = view.getBigUint64(0, true);
  return given === 0n || given === crc64(payload, 0, at);
}
