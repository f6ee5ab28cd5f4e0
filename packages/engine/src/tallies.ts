/** What the shard counts while it lives. */

/** Counters by name. */
export class Tallies {
  capturedUnits = 0;
  capturedOps = 0;
  heartbeats = 0;
  loopsSuppressed = 0;
  /** Conflicts on record since the start, and found and not recorded. */
  recorded = 0;
  unrecorded = 0;
  readonly corrections: Record<string, number> = {};
  readonly conflicts: Record<string, number> = {};
  readonly untranslated: Record<string, number> = {};
  /** What rules have done: `undone`, `left` (not undone, for there were too many), `filtered` (other sites' ops not taken). */
  readonly policies: Record<string, number> = {};
  /** Deletes of one key read from the stream, by what they were. */
  readonly deletions: Record<string, number> = {};

  /** Adds to one of the named groups. */
  add(
    group: 'corrections' | 'conflicts' | 'untranslated' | 'policies' | 'deletions',
    name: string,
    by: number = 1,
  ): void {
    const counts = this[group];
    counts[name] = (counts[name] ?? 0) + by;
  }
}
