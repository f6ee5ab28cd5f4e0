/** Globs as a server matches them, by the book: slow and obvious, pattern and text eaten from the left. */
export function referenceGlob(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const [sign, rest] = [pattern[0]!, pattern.slice(1)];
  if (sign === '*') return referenceGlob(rest, text) || (text !== '' && referenceGlob(pattern, text.slice(1)));
  if (text === '') return false;
  const [byte, left] = [text[0]!, text.slice(1)];
  if (sign === '?') return referenceGlob(rest, left);
  if (sign === '[') {
    const read = readClass(rest, byte);
    return read.matches && referenceGlob(read.rest, left);
  }
  if (sign === '\\' && rest !== '') return rest[0] === byte && referenceGlob(rest.slice(1), left);
  return sign === byte && referenceGlob(rest, left);
}

function readClass(given: string, byte: string): { readonly matches: boolean; readonly rest: string } {
  const isNegated = given[0] === '^';
  let rest = isNegated ? given.slice(1) : given;
  let found = false;
  while (rest !== '' && rest[0] !== ']') {
    if (rest[0] === '\\' && rest.length >= 2) {
      if (rest[1] === byte) found = true;
      rest = rest.slice(2);
    } else if (rest.length >= 3 && rest[1] === '-') {
      const [low, high] = [rest[0]!, rest[2]!].sort();
      if (byte >= low! && byte <= high!) found = true;
      rest = rest.slice(3);
    } else {
      if (rest[0] === byte) found = true;
      rest = rest.slice(1);
    }
  }
  return { matches: found !== isNegated, rest: rest.slice(1) };
}
