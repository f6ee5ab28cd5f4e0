/** Conflicts for a person: one line each, in columns, newest last. Bytes are printed as Redis prints them. */
import { bytesOf, type ConflictJson } from '../conflicts/conflict-json.ts';
import { sizeText } from '../units.ts';

/** Readable text, newline at the end. @param more - whether older ones were left out. */
export function renderConflicts(conflicts: readonly ConflictJson[], more: boolean): string {
  const rows = conflicts.map(columns);
  const whole = rows.filter((row) => row.length > 2);
  const widths = [0, 1, 2, 3, 4].map((column) => whole.reduce((most, row) => Math.max(most, row[column]!.length), 0));
  const lines = rows.map((row) => aligned(row, widths));
  if (conflicts.length === 0) lines.push('no conflicts on record');
  if (more) lines.unshift('(older ones left out: see --limit)');
  return `${lines.join('\n')}\n`;
}

function aligned(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((text, column) => text.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd();
}

function columns(conflict: ConflictJson): string[] {
  const at = String(conflict.at);
  if (conflict.unrecorded !== undefined) return [at, `${conflict.unrecorded} further conflicts were not recorded`];
  const { db, kind, outcome } = conflict;
  const [winner, loser] = [conflict.winner as ConflictJson, conflict.loser as ConflictJson];
  const cell = bytesOf(conflict, 'cell') ?? '';
  const place = `${db} ${quoted(bytesOf(conflict, 'key') ?? '')}${cell === '' ? '' : ` ${quoted(cell)}`}`;
  return [at, String(kind), place, `${winner.site} over ${loser.site}`, String(outcome), lossText(conflict)];
}

function lossText({ discarded, moved }: ConflictJson): string {
  if (typeof moved === 'string') return `now ${moved}`;
  if (discarded === null || discarded === undefined) return '';
  const loss = discarded as ConflictJson;
  const value = bytesOf(loss, 'value');
  if (value !== undefined) return quoted(value);
  return `${sizeText(Number(loss.bytes))}${loss.digest === undefined ? '' : ` ${loss.digest}`}`;
}

const named: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
};

/** A byte string as redis-cli shows it. */
export function quoted(bytes: string): string {
  let text = '';
  for (const char of bytes) {
    const code = char.charCodeAt(0);
    text += named[char] ?? (code >= 32 && code < 127 ? char : `\\x${code.toString(16).padStart(2, '0')}`);
  }
  return `"${text}"`;
}
