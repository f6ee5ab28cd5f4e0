/**
 * The envelope around every stored value: `crc32 (4, big endian) | schema version (1) | payload`.
 *
 * The checksum covers the key, the version byte and the payload, so a value found under the wrong key fails as well.
 * The envelope itself is the same in every schema: a newer version is told apart from damage. It does not correct
 * anything, and it is no protection against somebody who wants to forge a record.
 */
import { crc32 } from 'node:zlib';
import { LogError } from './log-error.ts';

/** The schema that this version writes. It reads this one only. */
export const schemaVersion = 1;

/** Bytes that the envelope adds to a payload. */
export const envelopeBytes = 5;

/** A value with room for its checksum; `seal` fills that in once the key is known. The payload is copied. */
export function wrap(payload: Uint8Array): Uint8Array {
  const value = Buffer.allocUnsafe(envelopeBytes + payload.length);
  value[4] = schemaVersion;
  value.set(payload, envelopeBytes);
  return value;
}

/** Writes the checksum into a value made by `wrap`, and returns it. */
export function seal(key: Uint8Array, value: Uint8Array): Uint8Array {
  new DataView(value.buffer, value.byteOffset).setUint32(0, crc32(value.subarray(4), crc32(key)));
  return value;
}

/**
 * The payload of a stored value, as a view of it.
 * @param what - names the value in errors.
 * @throws LogError `corrupt` when the checksum fails, `schema` when a newer version wrote it.
 */
export function open(key: Uint8Array, value: Uint8Array, what: string): Uint8Array {
  const stored = value.length < envelopeBytes ? -1 : new DataView(value.buffer, value.byteOffset).getUint32(0);
  if (stored !== crc32(value.subarray(4), crc32(key))) {
    throw new LogError('corrupt', `${what} is damaged: its checksum does not match. Check the disk, then ${remedy}`);
  }
  if (value[4] !== schemaVersion) {
    throw new LogError(
      'schema',
      `${what} was written with log schema ${value[4]}; this version reads schema ${schemaVersion}. Run the version of Entwine that wrote it, or a newer one`,
    );
  }
  return new Uint8Array(value.buffer, value.byteOffset + envelopeBytes, value.length - envelopeBytes);
}

const remedy = 'move the log folder away: the site begins a new incarnation and fetches from its peers what it lacks';
