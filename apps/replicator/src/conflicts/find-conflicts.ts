/** Looking for conflicts in a shard's record, a part at a time: the shard's work goes on meanwhile. */
import { setImmediate } from 'node:timers/promises';
import type { AuditRecord } from '@entwine/engine';

/** What is asked for. */
export interface ConflictQuery {
  readonly matches: ((key: string) => boolean) | undefined;
  /** Unix milliseconds; nothing older. */
  readonly since: number;
  /** The newest so many. */
  readonly limit: number;
}

/** A part of the record: newest first, before a number; `next`: where to go on, 0 at the end. */
export type ReadConflicts = (
  before: number,
  most: number,
) => { readonly records: readonly AuditRecord[]; readonly next: number } | undefined;

/** Records looked at without letting anything else go on. */
const partSize = 500;

/** The records asked for, oldest first; undefined while there is no shard to ask. `more`: older ones fit as well. */
export async function findConflicts(
  read: ReadConflicts,
  { matches, since, limit }: ConflictQuery,
): Promise<{ readonly records: AuditRecord[]; readonly more: boolean } | undefined> {
  const found: AuditRecord[] = [];
  for (let before = Number.POSITIVE_INFINITY; before > 0; ) {
    const part = read(before, partSize);
    if (part === undefined) return undefined;
    for (const record of part.records) {
      if (record.at < since) continue;
      if (record.type === 'conflict' && matches !== undefined && !matches(record.key)) continue;
      if (found.length === limit) return { records: found.reverse(), more: true };
      found.push(record);
    }
    before = part.next;
    if (before > 0) await setImmediate();
  }
  return { records: found.reverse(), more: false };
}
