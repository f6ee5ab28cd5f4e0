/** Reads an intset, a set of integers: their width, their count, and the integers in ascending order, little endian. */
import type { RdbCursor } from '../read/rdb-cursor.ts';

const headerBytes = 8;

/** The members as decimal texts. @param cursor - over the intset and nothing else. */
export function readIntset(cursor: RdbCursor): Uint8Array[] {
  const start = cursor.at;
  const members: Uint8Array[] = [];
  const width = cursor.i32();
  const count = cursor.i32() >>> 0;
  if (cursor.failed) return members;
  if (width !== 2 && width !== 4 && width !== 8) cursor.fail('bad-intset', `integers of ${width} bytes`, start);
  else if (cursor.end - start !== headerBytes + width * count)
    cursor.fail('bad-intset', 'an intset of another length', start);
  if (!cursor.take(count, start)) return members;
  const { decimals } = cursor.reading;
  for (let i = 0; i < count; i++) members.push(decimals.text(readInteger(cursor, width)));
  return members;
}

function readInteger(cursor: RdbCursor, width: number): number | bigint {
  if (width === 2) return ((cursor.u8() | (cursor.u8() << 8)) << 16) >> 16;
  const low = cursor.i32();
  if (width === 4) return low;
  const high = cursor.i32();
  const value = high * 4294967296 + (low >>> 0);
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low >>> 0);
}
