/**
 * The setting notify-keyspace-events: which of the flags we need it lacks.
 *
 * Rules: `E` says that events go to channels named by the event, `x` and `e` that expiries and evictions are among them,
 * `A` stands for all kinds. Flags are only ever added.
 */

const needed = ['E', 'x', 'e'] as const;

/** The value with what it lacks appended; the same value when it lacks nothing. */
export function withNeededFlags(value: string): string {
  const lacking = needed.filter((flag) => !value.includes(flag) && (flag === 'E' || !value.includes('A')));
  return value + lacking.join('');
}
