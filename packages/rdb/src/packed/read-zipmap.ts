/**
 * Reads a zipmap, the packed hash before Redis 2.6: a count, names and values with their lengths, unused bytes after each
 * value, and a terminator.
 */
import type { HashField } from '../rdb-value.ts';
import type { RdbCursor } from '../read/rdb-cursor.ts';

const longLength = 254;
const terminator = 255;
/** The count of a map with this many fields or more. */
const uncounted = 254;

/** The fields. @param cursor - over the zipmap and nothing else. */
export function readZipmap(cursor: RdbCursor): HashField[] {
  const { bytes, end } = cursor;
  const fields: HashField[] = [];
  const declared = cursor.u8();
  while (!cursor.failed && cursor.at < end && bytes[cursor.at] !== terminator) {
    const start = cursor.at;
    if (!cursor.take(1, start)) return fields;
    const field = cursor.view(readLength(cursor));
    const size = readLength(cursor);
    const unused = cursor.u8();
    const value = cursor.view(size);
    cursor.skip(unused);
    fields.push({ field, value, expiresAt: null });
  }
  if (cursor.failed) return fields;
  if (cursor.at !== end - 1) cursor.fail('bad-zipmap', 'a zipmap does not end where it ends');
  else if (declared < uncounted && declared !== fields.length)
    cursor.fail('bad-zipmap', `a zipmap says that it has ${declared} fields, and has ${fields.length}`);
  return fields;
}

function readLength(cursor: RdbCursor): number {
  const length = cursor.u8();
  if (length < longLength) return length;
  if (length === longLength) return cursor.i32() >>> 0;
  cursor.fail('bad-zipmap', 'a zipmap ends within a field', cursor.at - 1);
  return 0;
}
