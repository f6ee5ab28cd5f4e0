/**
 * Decodes what FUNCTION DUMP answers: the codes of libraries, the RDB version it is written in, and a checksum.
 *
 * Rules: those of `decodeDump`. A server without libraries answers a footer alone, which is no library. The codes are
 * not looked into.
 */
import type { RdbFailure } from './rdb-failure.ts';
import { defaultRdbLimits, type RdbLimits } from './rdb-limits.ts';
import { flavourOf } from './rdb-version.ts';
import { footerBytes, isIntact, versionOf } from './read/footer.ts';
import { RdbCursor } from './read/rdb-cursor.ts';
import { Reading } from './read/reading.ts';

/** Begins a library; 246, of release candidates of Redis 7.0, is not known here. */
const functionOpcode = 245;

export type DecodedFunctions =
  | { readonly ok: true; readonly codes: readonly Uint8Array[] }
  | { readonly ok: false; readonly failure: RdbFailure };

/**
 * @param payload - the answer of FUNCTION DUMP; the codes are views of it.
 * @param limits - those that differ from the defaults.
 */
export function decodeFunctions(payload: Uint8Array, limits: Partial<RdbLimits> = {}): DecodedFunctions {
  const reading = new Reading({ ...defaultRdbLimits, ...limits });
  const end = payload.length - footerBytes;
  const fail = (code: RdbFailure['code'], position: number, text: string): void => reading.fail(code, position, text);
  const codes: Uint8Array[] = [];
  if (end < 0) fail('truncated', payload.length, 'a payload has a version and a checksum');
  else if (!isIntact(payload)) fail('bad-checksum', end + 2, 'the checksum is another one');
  else if (flavourOf(versionOf(payload)) === undefined)
    fail('unknown-version', end, `RDB version ${versionOf(payload)} is not known`);
  else {
    const cursor = new RdbCursor(reading, payload, 0, end);
    while (cursor.left > 0 && !cursor.failed) {
      const opcode = cursor.u8();
      if (opcode !== functionOpcode) cursor.fail('unknown-type', `${opcode} begins no library`, cursor.at - 1);
      else if (cursor.take(1)) codes.push(cursor.string());
    }
  }
  const { failure } = reading;
  return failure === undefined ? { ok: true, codes } : { ok: false, failure };
}
