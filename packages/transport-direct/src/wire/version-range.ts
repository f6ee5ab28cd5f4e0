/** Which versions of something two sides share. N reads N-1: each says the newest it speaks and the oldest it reads. */

/** The version written, and the oldest that is still read. */
export interface VersionRange {
  readonly current: number;
  readonly oldest: number;
}

/** The newest version that both speak, if there is one. */
export function sharedVersion(a: VersionRange, b: VersionRange): number | undefined {
  const newest = Math.min(a.current, b.current);
  return newest >= a.oldest && newest >= b.oldest ? newest : undefined;
}

/** Whether a reader reads what a writer writes now. */
export function reads(reader: VersionRange, written: number): boolean {
  return written >= reader.oldest && written <= reader.current;
}

/** "2", or "1 to 2". */
export function describeRange(range: VersionRange): string {
  return range.oldest === range.current ? `${range.current}` : `${range.oldest} to ${range.current}`;
}
