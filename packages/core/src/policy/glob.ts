/**
 * Globs as Redis has them (`KEYS`, `SCAN MATCH`): `*`, `?`, `[abc]`, `[a-z]`, `[^a]`, and `\` before a byte that stands for
 * itself. They match byte strings, from end to end. A pattern is read once; most are a prefix and a star.
 */
import type { ByteString } from '../bytes/byte-string.ts';

/** Whether a byte string matches. */
export type Glob = (text: ByteString) => boolean;

/** Stands for any number of bytes. */
const star = -1;
/** A byte, a class (whether each byte is in it), or any number of bytes. */
type Part = number | readonly boolean[];

/** A reading of a pattern. */
interface Reading {
  readonly parts: readonly Part[];
  readonly problem: string | undefined;
}

/** What is wrong with a pattern; undefined when nothing is. Redis would take it, and match what nobody means. */
export function globProblem(pattern: ByteString): string | undefined {
  if (pattern === '') return 'is empty';
  return readPattern(pattern).problem;
}

/** Reads a pattern. One with a problem matches as Redis would match it, ranges of bytes above 127 apart. */
export function compileGlob(pattern: ByteString): Glob {
  const { parts } = readPattern(pattern);
  const first = parts.findIndex((part) => part === star || typeof part !== 'number');
  if (first < 0) {
    const whole = textOf(parts);
    return (text) => text === whole;
  }
  if (first === parts.length - 1 && parts[first] === star) {
    const prefix = textOf(parts.slice(0, first));
    return (text) => text.startsWith(prefix);
  }
  return (text) => matches(parts, text);
}

/** Goes back to the last star only: what an earlier one has taken need not be shorter. */
function matches(parts: readonly Part[], text: ByteString): boolean {
  let [part, at, starred, resume] = [0, 0, -1, 0];
  while (at < text.length) {
    const wanted = parts[part];
    if (wanted === star) {
      starred = part++;
      resume = at;
    } else if (wanted !== undefined && takes(wanted, text.charCodeAt(at))) {
      part++;
      at++;
    } else if (starred >= 0) {
      part = starred + 1;
      at = ++resume;
    } else return false;
  }
  while (parts[part] === star) part++;
  return part === parts.length;
}

function takes(part: Part, byte: number): boolean {
  return typeof part === 'number' ? part === byte : part[byte] === true;
}

const any: readonly boolean[] = new Array<boolean>(256).fill(true);

function readPattern(pattern: ByteString): Reading {
  const parts: Part[] = [];
  let problem: string | undefined;
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern[at];
    if (sign === '*') {
      if (parts.at(-1) !== star) parts.push(star);
    } else if (sign === '?') parts.push(any);
    else if (sign === '[') {
      const read = readClass(pattern, at + 1);
      parts.push(read.bytes);
      problem ??= read.problem;
      at = read.end;
    } else {
      if (sign === '\\' && at + 1 < pattern.length) at++;
      else if (sign === '\\') problem ??= 'ends in a \\ with nothing behind it';
      parts.push(pattern.charCodeAt(at));
    }
  }
  return { parts, problem };
}

/** A class, from behind its bracket; `end` is where its other bracket stands. A range takes whatever stands behind its `-`. */
function readClass(
  pattern: ByteString,
  from: number,
): { readonly bytes: readonly boolean[]; readonly end: number; readonly problem: string | undefined } {
  const isNegated = pattern[from] === '^';
  const bytes = new Array<boolean>(256).fill(isNegated);
  const note = (byte: number): void => {
    bytes[byte] = !isNegated;
  };
  let problem: string | undefined;
  let at = isNegated ? from + 1 : from;
  for (; at < pattern.length && pattern[at] !== ']'; at++) {
    if (pattern[at] === '\\' && at + 1 < pattern.length) note(pattern.charCodeAt(++at));
    else if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
      const [one, other] = [pattern.charCodeAt(at), pattern.charCodeAt(at + 2)];
      if (Math.max(one, other) > 127) problem ??= 'has a range of bytes above 127, which servers do not agree on';
      for (let byte = Math.min(one, other); byte <= Math.max(one, other); byte++) note(byte);
      at += 2;
    } else note(pattern.charCodeAt(at));
  }
  if (at >= pattern.length) problem ??= 'has a [ without a ]';
  return { bytes, end: at, problem };
}

function textOf(parts: readonly Part[]): ByteString {
  return String.fromCharCode(...(parts as readonly number[]));
}
