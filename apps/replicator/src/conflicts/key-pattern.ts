/**
 * Patterns of keys, as Redis' KEYS takes them, and one thing more: `\xHH` is the byte of that number, so that a key can be
 * written as it is printed.
 */
import { compileGlob, globProblem } from '@entwine/core';

/** Bytes that mean something in a pattern. */
const signs = /[*?[\]\\^-]/;

/** A test of byte strings; undefined when the pattern is not one. @param pattern - text, matched by its UTF-8 bytes. */
export function keyPattern(pattern: string): ((key: string) => boolean) | undefined {
  const bytes = Buffer.from(pattern, 'utf8').toString('latin1');
  const glob = bytes.replace(/\\(?:x([0-9a-fA-F]{2})|.)/gs, (escaped, number: string | undefined) => {
    if (number === undefined) return escaped;
    const byte = String.fromCharCode(Number.parseInt(number, 16));
    return signs.test(byte) ? `\\${byte}` : byte;
  });
  return globProblem(glob) === undefined ? compileGlob(glob) : undefined;
}
