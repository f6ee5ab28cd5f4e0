/**
 * Reads a TypeScript source as far as the workspace's rules need: which modules it names, and which words its code uses.
 *
 * Comments, the contents of strings, template text and regular expressions are blanked out first, so that nothing in them
 * counts; line and column stay. It is *not* a parser: it knows literals, not grammar. What it cannot tell (a slash after a
 * closing brace) it decides so that one line at most is misread.
 */

/** One place where a source names another module. */
export interface ModuleReference {
  /** What is named; undefined when it is computed at run time. */
  readonly specifier: string | undefined;
  /** `url`: `new URL('./file.ts', …)`, which makes a file reachable without importing it. */
  readonly how: 'import' | 'dynamic' | 'url';
  readonly line: number;
}

export interface SourceScan {
  /** The source with everything that is not code turned into spaces. As long as the source. */
  readonly code: string;
  readonly references: readonly ModuleReference[];
}

/** Scans one source text. */
export function scanSource(text: string): SourceScan {
  const code = blankLiterals(text);
  const references = patterns.flatMap(({ how, pattern }) =>
    [...code.matchAll(pattern)].map((match): ModuleReference => {
      const quote = match.index + match[0].length - 1;
      return { specifier: literalAt(text, code, quote), how, line: lineAt(code, match.index) };
    }),
  );
  return { code, references: references.sort((a, b) => a.line - b.line) };
}

/** The line, from 1, of a place in a text. */
export function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

/** Each ends on the opening quote of the specifier, or on whatever stands in its place. */
const patterns: readonly { readonly how: ModuleReference['how']; readonly pattern: RegExp }[] = [
  { how: 'import', pattern: /(?<![\w$.])(?:import|export)\b[\w$\s{},*]*?\bfrom\s*["']/g },
  { how: 'import', pattern: /(?<![\w$.])import\s*["']/g },
  { how: 'dynamic', pattern: /(?<![\w$.])import\s*\(\s*\S/g },
  { how: 'dynamic', pattern: /(?<![\w$.])import\.meta\.resolve\s*\(\s*\S/g },
  { how: 'dynamic', pattern: /(?<![\w$.])require(?:\.resolve)?\s*\(\s*\S/g },
  { how: 'url', pattern: /(?<![\w$.])new\s+URL\s*\(\s*["']/g },
];

function literalAt(text: string, code: string, quote: number): string | undefined {
  const mark = code[quote]!;
  if (!`'"\``.includes(mark)) return undefined;
  const end = code.indexOf(mark, quote + 1);
  const inside = code.slice(quote + 1, end);
  return inside.trim() === '' ? text.slice(quote + 1, end) : undefined;
}

const regexBefore = new Set('(,=:[!&|?{};+-*%~^<>'.split(''));
const regexAfterWord =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|else|do|instanceof|yield|await)$/;

function blankLiterals(text: string): string {
  const out = text.split('');
  const blank = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (out[i] !== '\n') out[i] = ' ';
  };
  /** Open braces inside each template expression that is being read. */
  const depths: number[] = [];
  let at = 0;
  let before = '';

  const template = (from: number): number => {
    const end = endOfTemplateText(text, from);
    blank(from, end);
    if (text[end] === '$') depths.push(0);
    return end + (text[end] === '$' ? 2 : 1);
  };

  while (at < text.length) {
    const char = text[at]!;
    const next = text[at + 1];
    let end = at + 1;
    if (char === '/' && next === '/') {
      end = lineEnd(text, at);
      blank(at, end);
    } else if (char === '/' && next === '*') {
      const close = text.indexOf('*/', at + 2);
      end = close < 0 ? text.length : close + 2;
      blank(at, end);
    } else if (char === '#' && next === '!' && at === 0) {
      end = lineEnd(text, at);
      blank(at, end);
    } else if (char === "'" || char === '"') {
      end = endOfString(text, at + 1, char);
      blank(at + 1, end - 1);
      before = char;
    } else if (char === '`') {
      end = template(at + 1);
      before = depths.length > 0 && text[end - 1] === '{' ? '{' : '`';
    } else if (char === '}' && depths.at(-1) === 0) {
      depths.pop();
      end = template(at + 1);
      before = text[end - 1] === '{' ? '{' : '`';
    } else if (char === '/' && startsRegex(out, at, before)) {
      const close = endOfRegex(text, at + 1);
      if (close !== undefined) {
        blank(at + 1, close);
        end = close + 1;
      }
      before = char;
    } else {
      if (depths.length > 0 && char === '{') depths[depths.length - 1]! += 1;
      if (depths.length > 0 && char === '}') depths[depths.length - 1]! -= 1;
      if (/\S/.test(char)) before = char;
    }
    at = end;
  }
  return out.join('');
}

/** Index of the closing backtick or of the `$` of `${`. */
function endOfTemplateText(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '`' || (text[i] === '$' && text[i + 1] === '{')) return i;
  }
  return text.length;
}

/** Index after the closing quote. A string that is not closed ends with its line. */
function endOfString(text: string, from: number, quote: string): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote) return i + 1;
    else if (text[i] === '\n') return i;
  }
  return text.length;
}

function startsRegex(out: readonly string[], at: number, before: string): boolean {
  if (before === '' || regexBefore.has(before)) return true;
  return regexAfterWord.test(
    out
      .slice(Math.max(0, at - 20), at)
      .join('')
      .trimEnd(),
  );
}

/** Index of the closing slash, or undefined when the line holds none. */
function endOfRegex(text: string, from: number): number | undefined {
  let inClass = false;
  for (let i = from; i < text.length && text[i] !== '\n'; i++) {
    const char = text[i];
    if (char === '\\') i++;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return i;
  }
  return undefined;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}
