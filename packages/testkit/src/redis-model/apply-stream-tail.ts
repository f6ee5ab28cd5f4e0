/** Puts entries into a stream before its last ID: the tail behind them is taken out and added again. */
import type { ApplyRun } from './apply-run.ts';
import { isFailure } from './reply.ts';
import { isIdBefore, mostFields, removeEntries, type StreamEntry, streamInfo } from './stream-steps.ts';

/** An entry that XADD has refused because of its ID. */
export interface LateEntry {
  readonly id: string;
  readonly fields: readonly string[];
}

/** How many entries before the tail may share its first node. */
const nodeEntries = '100';

/** The entries that are not there yet as they should be, and which of them stand in the place of others. */
interface Changes {
  readonly entries: readonly LateEntry[];
  readonly replaced: ReadonlySet<string>;
}

/** @param late - by their IDs */
export function rebuildTail(run: ApplyRun, key: string, late: readonly LateEntry[]): void {
  const id = late[0]!.id;
  const tail = run.call('XRANGE', key, id, '+') as readonly StreamEntry[];
  const { entries, replaced } = changesOf(tail, late);
  if (entries.length === 0) return;
  const info = streamInfo(run, key);
  const before = run.call('XREVRANGE', key, `(${id}`, '-', 'COUNT', nodeEntries) as readonly StreamEntry[];
  if (tail.some(isTooLong) || before.some(isTooLong)) {
    run.refused++;
    return;
  }
  const ids = tail.map(([there]) => there);
  removeEntries(run, key, ids);
  const head = removeLastNode(run, key);
  const top = lastEntry(run, key)?.[0] ?? '0-1';
  const added = String(info.added);
  run.call('XSETID', key, info.last, 'ENTRIESADDED', added, 'MAXDELETEDID', '0-1');
  run.try('XSETID', key, top, 'ENTRIESADDED', added, 'MAXDELETEDID', '0-1');
  for (const [there, fields] of head.toReversed()) run.call('XADD', key, there, ...fields);
  for (const entry of merged(tail, entries, replaced)) {
    if (entry.isLate) {
      if (isFailure(run.try('XADD', key, entry.id, ...entry.fields))) run.refused++;
    } else run.call('XADD', key, entry.id, ...entry.fields);
  }
  const greatest = entries.at(-1)!.id;
  const there = new Set(ids);
  const count = info.added + entries.filter((entry) => !there.has(entry.id)).length;
  const last = isIdBefore(info.last, greatest) ? greatest : info.last;
  run.call('XSETID', key, last, 'ENTRIESADDED', String(count), 'MAXDELETEDID', info.maxDeleted);
}

function changesOf(tail: readonly StreamEntry[], late: readonly LateEntry[]): Changes {
  const there = new Map(tail);
  const replaced = new Set<string>();
  const entries = late.filter(({ id, fields }) => {
    const held = there.get(id);
    if (held === undefined) return true;
    if (isSame(held, fields)) return false;
    replaced.add(id);
    return true;
  });
  return { entries, replaced };
}

/** Late entries and those of the tail, by their IDs; what is replaced is left out, and a late one stands first. */
function merged(
  tail: readonly StreamEntry[],
  late: readonly LateEntry[],
  replaced: ReadonlySet<string>,
): (LateEntry & { readonly isLate: boolean })[] {
  const all: (LateEntry & { readonly isLate: boolean })[] = [];
  let at = 0;
  const addBefore = (limit: string | undefined): void => {
    for (; at < late.length && (limit === undefined || isIdBefore(late[at]!.id, limit)); at++)
      all.push({ ...late[at]!, isLate: true });
  };
  for (const [id, fields] of tail) {
    addBefore(id);
    if (!replaced.has(id)) all.push({ id, fields, isLate: false });
  }
  addBefore(undefined);
  return all;
}

/** Removes the entries that share the last node, newest first, until it is gone; returns them. */
function removeLastNode(run: ApplyRun, key: string): StreamEntry[] {
  const { nodes } = streamInfo(run, key);
  const removed: StreamEntry[] = [];
  for (;;) {
    const entry = lastEntry(run, key);
    if (entry === undefined) return removed;
    removed.push(entry);
    run.call('XDEL', key, entry[0]);
    if (streamInfo(run, key).nodes < nodes) return removed;
  }
}

function lastEntry(run: ApplyRun, key: string): StreamEntry | undefined {
  return (run.call('XREVRANGE', key, '+', '-', 'COUNT', '1') as readonly StreamEntry[])[0];
}

function isTooLong([, fields]: StreamEntry): boolean {
  return fields.length > mostFields;
}

function isSame(fields: readonly string[], others: readonly string[]): boolean {
  return fields.length === others.length && fields.every((text, place) => text === others[place]);
}
