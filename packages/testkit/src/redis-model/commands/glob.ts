/** Patterns of names, as KEYS and SCAN take them: `*`, `?`, classes in brackets, and a backslash before what is meant as it is. */

/** What stands at one place of a pattern: anything of any length, or one byte that fits. */
type Part = 'any' | ((byte: number) => boolean);

const backslash = '\\';

/** Tells which byte strings match a pattern. Nothing but the pattern `*` itself matches an empty text by a star. */
export function glob(pattern: string): (text: string) => boolean {
  if (pattern === '*') return () => true;
  const parts = partsOf(pattern);
  return (text) => (text === '' ? pattern === '' : matches(parts, text));
}

/** Goes back to the last star wherever it does not fit. */
function matches(parts: readonly Part[], text: string): boolean {
  let [part, at] = [0, 0];
  let [lastStar, starEnd] = [-1, 0];
  while (at < text.length) {
    const expected = parts[part];
    if (expected === 'any') {
      lastStar = part++;
      starEnd = at;
    } else if (expected?.(text.charCodeAt(at))) {
      part++;
      at++;
    } else if (lastStar >= 0) {
      part = lastStar + 1;
      at = ++starEnd;
    } else return false;
  }
  while (parts[part] === 'any') part++;
  return part === parts.length;
}

function partsOf(pattern: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (character === '*') {
      if (parts.at(-1) !== 'any') parts.push('any');
    } else if (character === '?') parts.push(() => true);
    else if (character === '[') {
      const { fits, end } = classAt(pattern, at + 1);
      parts.push(fits);
      at = end;
    } else {
      if (character === backslash && at + 1 < pattern.length) at++;
      const code = pattern.charCodeAt(at);
      parts.push((byte) => byte === code);
    }
  }
  return parts;
}

/** The class whose bracket stands before `start`; one that is not closed ends with the pattern. Bounds are signed bytes. */
function classAt(pattern: string, start: number): { fits: (byte: number) => boolean; end: number } {
  const isNegated = pattern[start] === '^';
  const ranges: (readonly [least: number, most: number])[] = [];
  let at = isNegated ? start + 1 : start;
  while (at < pattern.length && pattern[at] !== ']') {
    if (pattern[at] === backslash && at + 1 < pattern.length) at++;
    else if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
      const bounds = [signed(pattern.charCodeAt(at)), signed(pattern.charCodeAt(at + 2))];
      ranges.push([Math.min(...bounds), Math.max(...bounds)]);
      at += 3;
      continue;
    }
    const code = signed(pattern.charCodeAt(at));
    ranges.push([code, code]);
    at++;
  }
  const fits = (byte: number): boolean => {
    const code = signed(byte);
    return ranges.some(([least, most]) => code >= least && code <= most) !== isNegated;
  };
  return { fits, end: at };
}

function signed(byte: number): number {
  return byte < 128 ? byte : byte - 256;
}
