/**
 * Decompresses LZF, the compression of long strings in RDB.
 *
 * The format is a sequence of literal runs (a byte below 32, then one byte more than it says) and copies of what was
 * already written (three bits of length, thirteen of distance, and a byte more of length when those three are full). It
 * never reads or writes outside what it was given.
 */

/** The most that one byte of LZF can stand for. */
export const lzfMaxRatio = 88;

/** Decompresses the bytes from `start` to `end` into all of `out`; false if they are not exactly that. */
export function inflateLzf(bytes: Uint8Array, start: number, end: number, out: Uint8Array): boolean {
  const size = out.length;
  let at = start;
  let to = 0;
  while (at < end) {
    const control = bytes[at++]!;
    if (control < 32) {
      const run = control + 1;
      if (at + run > end || to + run > size) return false;
      for (let i = 0; i < run; i++) out[to++] = bytes[at++]!;
      continue;
    }
    let length = (control >> 5) + 2;
    if (length === 9) {
      if (at >= end) return false;
      length += bytes[at++]!;
    }
    if (at >= end) return false;
    let from = to - (((control & 31) << 8) | bytes[at++]!) - 1;
    if (from < 0 || to + length > size) return false;
    for (let i = 0; i < length; i++) out[to++] = out[from++]!;
  }
  return to === size;
}
