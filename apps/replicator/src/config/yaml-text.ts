/**
 * A YAML text as a tree of strings, with the line of every key.
 *
 * Rules: the failsafe schema, so every scalar is text exactly as written (`0123` keeps its zero). A key with nothing behind
 * it counts as absent. Messages about syntax are our own: the parser's quote the text, which may be a secret. It puts in
 * no variables.
 */
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { ConfigProblem } from './config-error.ts';

/** A parsed file: maps, lists and strings only. `lineOf` finds the line of a path, or of its nearest parent in the file. */
export interface YamlTree {
  readonly root: unknown;
  lineOf(path: readonly PropertyKey[]): number | null;
}

/** The tree, or every problem of syntax. */
export type ParsedYaml =
  | { readonly ok: true; readonly tree: YamlTree }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Reads one YAML document. */
export function parseYaml(text: string): ParsedYaml {
  const counter = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: counter,
    prettyErrors: false,
    logLevel: 'error',
  });
  if (document.errors.length > 0) {
    return { ok: false, problems: document.errors.map((error) => describe(error, counter.linePos(error.pos[0]).line)) };
  }
  try {
    dropEmpty(document);
    const root: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
    return { ok: true, tree: { root, lineOf: (path) => findLine(document, path, counter) } };
  } catch {
    const remedy = 'Write the values out instead of using * and &.';
    return { ok: false, problems: [{ path: '', line: null, message: 'an alias (*name) cannot be followed', remedy }] };
  }
}

/** The parser's codes in our words. Never the parser's own message. */
function describe(error: YAMLError, line: number): ConfigProblem {
  const [message, remedy] = sentences[error.code] ?? ['is not valid YAML here', quoteRemedy];
  return { path: '', line, message, remedy };
}

const quoteRemedy =
  'Check indentation, and put values with special characters ({ } [ ] : # & * ! | > % @ `) in quotes.';

const sentences: Readonly<Partial<Record<YAMLError['code'], readonly [string, string]>>> = {
  DUPLICATE_KEY: ['the same key stands twice', 'Keep one of them.'],
  TAB_AS_INDENT: ['a tab is used to indent', 'Indent with blanks.'],
  BAD_INDENT: ['the indentation does not fit', 'Indent the keys of one section alike.'],
  MISSING_CHAR: ['a closing quote, bracket, comma or colon is missing', quoteRemedy],
  MULTIPLE_DOCS: ['the file holds more than one document', 'Remove the --- lines.'],
  BAD_ALIAS: ['an alias (*name) is used that is not set', 'Put the value in quotes if it begins with *.'],
  BAD_DQ_ESCAPE: ['an unknown escape stands in double quotes', 'Use single quotes, or write \\\\ for a backslash.'],
  BLOCK_IN_FLOW: ['a block stands inside { } or [ ]', quoteRemedy],
  NON_STRING_KEY: ['a key is not plain text', quoteRemedy],
};

/** Keys whose value was left out (`http:`) are treated as if the line were not there. `""` is a value. */
function dropEmpty(document: Document<ParsedNode>): void {
  visit(document, {
    Pair: (_, pair) => {
      const { value } = pair;
      const empty = value === null || (isScalar(value) && value.type === 'PLAIN' && value.value === '');
      return empty ? visit.REMOVE : undefined;
    },
  });
}

function findLine(document: Document<ParsedNode>, path: readonly PropertyKey[], counter: LineCounter): number | null {
  let node: unknown = document.contents;
  let line: number | null = null;
  for (const step of path) {
    const next = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && pair.key.value === step)
      : isSeq(node) && typeof step === 'number'
        ? { key: node.items[step], value: node.items[step] }
        : undefined;
    const range = (next?.key as ParsedNode | undefined)?.range;
    if (next === undefined || range === undefined || range === null) break;
    line = counter.linePos(range[0]).line;
    node = next.value;
  }
  return line;
}
