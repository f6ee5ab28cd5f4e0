/**
 * How far a stream or a group has come: cells that only go forward (`l`, `a` of `commands/stream-cells.ts`).
 *
 * The highest of what the sites said counts, so a site that is behind does not take the others back. What is older than a
 * position set since (XGROUP CREATE, SETID) does not count; that is why what is lower but newer is kept too.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { compareVersions, type Version } from '../version/version.ts';

/** How far a site said it had come. */
export interface Advance {
  readonly version: Version;
  readonly id: ByteString;
}

/** None of them both older and lower than another: about one a site. Immutable. */
export type Advances = readonly Advance[];

/** Merges what a site says. The same list when that changes nothing. */
export function mergeAdvance(advances: Advances | undefined, advance: Advance): Advances {
  if (advances === undefined) return [advance];
  if (advances.some((known) => includes(known, advance))) return advances;
  return [...advances.filter((known) => !includes(advance, known)), advance];
}

function includes(a: Advance, b: Advance): boolean {
  return a.id >= b.id && compareVersions(a.version, b.version) >= 0;
}

/** The highest of those that count; undefined when none does. */
export function highestAdvance(advances: Advances, counts: (version: Version) => boolean): ByteString | undefined {
  let highest: ByteString | undefined;
  for (const { version, id } of advances) if (counts(version) && (highest === undefined || id > highest)) highest = id;
  return highest;
}
