/**
 * Patterns of keys, as Redis' KEYS takes them: `*`, `?`, `[abc]`, `[^a-c]`, and `\` before what is meant literally. `\xHH` is the
 * byte of that number, so that a key can be written as it is printed.
 */

/** A test of byte strings; undefined when the pattern is not one. @param pattern - text, matched by its UTF-8 bytes. */
export function keyPattern(pattern: string): ((key: string) => boolean) | undefined {
  const bytes = Buffer.from(pattern, 'utf8').toString('latin1');
  let source = '';
  for (let at = 0; at < bytes.length; at++) {
    const char = bytes[at]!;
    if (char === '*') source += '[^]*';
    else if (char === '?') source += '[^]';
    else if (char === '[') {
      const set = readSet(bytes, at + 1);
      if (set === undefined) return undefined;
      source += set.source;
      at = set.end;
    } else {
      const literal = readLiteral(bytes, at);
      source += literal.source;
      at = literal.end;
    }
  }
  const test = new RegExp(`^${source}$`);
  return (key) => test.test(key);
}

/** One byte. `end`: its last character in the pattern. */
function readLiteral(bytes: string, at: number): { readonly source: string; readonly end: number } {
  const escaped = bytes[at] === '\\' && at + 1 < bytes.length;
  const numbered = escaped ? /^x[0-9a-fA-F]{2}/.exec(bytes.slice(at + 1, at + 4)) : null;
  if (numbered !== null) return { source: `\\${numbered[0].toLowerCase()}`, end: at + 3 };
  return { source: hex(bytes[escaped ? at + 1 : at]!), end: escaped ? at + 1 : at };
}

/** What stands between brackets. @returns undefined when they do not close, or a range is upside down. */
function readSet(bytes: string, from: number): { readonly source: string; readonly end: number } | undefined {
  const negated = bytes[from] === '^';
  let source = negated ? '[^' : '[';
  for (let at = negated ? from + 1 : from; at < bytes.length; at++) {
    if (bytes[at] === ']') return { source: source === '[' ? '(?!)' : `${source}]`, end: at };
    const first = readLiteral(bytes, at);
    at = first.end;
    source += first.source;
    if (bytes[at + 1] !== '-' || bytes[at + 2] === undefined || bytes[at + 2] === ']') continue;
    const last = readLiteral(bytes, at + 2);
    at = last.end;
    if (last.source < first.source) return undefined;
    source += `-${last.source}`;
  }
  return undefined;
}

function hex(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
