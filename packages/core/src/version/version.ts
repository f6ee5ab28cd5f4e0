/**
 * Versions: the total order in which conflicting writes are decided.
 *
 * A version is (time, site priority, index of the op in its unit). Times come from the hybrid logical clock, so a write
 * that has seen another always has the greater version. Two sites never share a priority, and one site never ticks the
 * same time twice, so two different ops never compare equal.
 */

/**
 * A hybrid logical time as one safe integer: milliseconds since 2020-01-01 UTC in the high 41 bits, a counter in the low
 * 12. 0 is before every write.
 */
export type Time = number;

/** The version of one op. */
export interface Version {
  readonly time: Time;
  /** The priority of the site that wrote; the higher number wins between equal times. */
  readonly priority: number;
  /** Position within the unit: later ops of one transaction win over earlier ones. */
  readonly index: number;
}

/** The version below every other. */
export const zeroVersion: Version = { time: 0, priority: 0, index: 0 };

/** Negative when `a` is older than `b`, positive when newer, 0 when they are the same op's. */
export function compareVersions(a: Version, b: Version): number {
  return a.time - b.time || a.priority - b.priority || a.index - b.index;
}

/** Whether `a` is strictly newer than `b`; `undefined` stands for "older than everything". */
export function isNewer(a: Version, b: Version | undefined): boolean {
  return b === undefined || compareVersions(a, b) > 0;
}

/** The newer of two versions; `undefined` stands for "older than everything". */
export function newest(a: Version | undefined, b: Version | undefined): Version | undefined {
  if (a === undefined) return b;
  return isNewer(a, b) ? a : b;
}
