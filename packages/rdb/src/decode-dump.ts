/**
 * Decodes what DUMP answers: a type, a value, the RDB version it is written in, and a checksum.
 *
 * Rules: any bytes give a result and nothing throws. The checksum is checked before anything is read, unless it is 0,
 * which means that the sender made none. A payload is read to its last byte or refused. An empty collection, which no
 * server keeps, is given as it is.
 */
import type { RdbFailure } from './rdb-failure.ts';
import { defaultRdbLimits, type RdbLimits } from './rdb-limits.ts';
import type { Flavour, RdbValue } from './rdb-value.ts';
import { flavourOf } from './rdb-version.ts';
import { checksumBytes, footerBytes, isIntact, versionOf } from './read/footer.ts';
import { RdbCursor } from './read/rdb-cursor.ts';
import { readValue } from './read/read-value.ts';
import { Reading } from './read/reading.ts';

export type DecodedDump =
  | { readonly ok: true; readonly value: RdbValue; readonly rdbVersion: number; readonly flavour: Flavour }
  | { readonly ok: false; readonly failure: RdbFailure };

/**
 * @param payload - the answer of DUMP; the value consists of views of it.
 * @param limits - those that differ from the defaults.
 */
export function decodeDump(payload: Uint8Array, limits: Partial<RdbLimits> = {}): DecodedDump {
  const reading = new Reading({ ...defaultRdbLimits, ...limits });
  const end = payload.length - footerBytes;
  if (end < 1) return failed('truncated', payload.length, 'a payload has a type, a version and a checksum');
  const rdbVersion = versionOf(payload);
  const flavour = flavourOf(rdbVersion);
  if (!isIntact(payload)) return failed('bad-checksum', payload.length - checksumBytes, 'the checksum is another one');
  if (flavour === undefined) return failed('unknown-version', end, `RDB version ${rdbVersion} is not known`);
  const cursor = new RdbCursor(reading, payload, 1, end);
  const value = readValue(cursor, payload[0]!, flavour, rdbVersion, 0);
  if (value !== undefined && cursor.at < end) cursor.fail('trailing-bytes', `${cursor.left} bytes follow the value`);
  const { failure } = reading;
  if (failure !== undefined) return { ok: false, failure };
  return value === undefined ? failed('unknown-type', 0, 'no value') : { ok: true, value, rdbVersion, flavour };
}

function failed(code: RdbFailure['code'], position: number, text: string): DecodedDump {
  return { ok: false, failure: { code, position, text: `${text} (byte ${position})` } };
}
