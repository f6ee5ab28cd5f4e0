/** The figures in `docs/compatibility.md`, made from `docs/evidence/compat.json`. */
import type { Tried } from './try-subject.ts';

/** One subject as it is kept. */
export interface Evidence extends Tried {
  /** ISO. */
  readonly date: string;
  readonly commit: string;
}

const begin = '<!-- Made by `npm run compat`. -->';
const end = '<!-- Until here. -->';

/** A Markdown table. */
export function compatTable(all: readonly Evidence[]): string {
  const lines = all.map((tried) => {
    const passed = tried.runs - tried.failures.length;
    const figures = [tried.sent, tried.known, tried.differing].map((figure) => figure.toLocaleString('en'));
    const left = tried.without.length === 0 ? 'nothing' : tried.without.join(', ');
    const modes = tried.modes.join(', ');
    return [tried.title, `${passed} of ${tried.runs}`, modes, left, ...figures, tried.date.slice(0, 10)];
  });
  const head = [
    'Servers',
    'Runs passed',
    'Modes',
    'Left out',
    'Commands sent',
    'Kinds known',
    'Keys that differ',
    'Date',
  ];
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The document with the table in its place. */
export function withTable(document: string, all: readonly Evidence[]): string {
  const [before, after] = [document.indexOf(begin), document.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`the document has no place for the table: ${begin} … ${end}`);
  return `${document.slice(0, before)}${begin}\n${compatTable(all)}\n${document.slice(after)}`;
}

/** What was tried before, with what was tried now in the place of the same servers. */
export function renewed(before: readonly Evidence[], now: readonly Evidence[]): Evidence[] {
  const titles = new Set(before.map(({ title }) => title));
  const newest = new Map([...before, ...now].map((tried) => [tried.title, tried]));
  const order = [...titles, ...now.map(({ title }) => title).filter((title) => !titles.has(title))];
  return order.flatMap((title) => newest.get(title) ?? []);
}
