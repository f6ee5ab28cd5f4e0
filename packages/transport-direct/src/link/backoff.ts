/** How long to wait before trying again. */

/** The bounds of the wait, in milliseconds. */
export interface BackoffLimits {
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
}

/**
 * Doubles with each attempt up to the cap; the result lies in the upper half of that, spread by chance, so that sites that
 * lost each other at one moment don't all come back at one.
 * @param attempt - failures in a row before this one. @param random - in [0, 1).
 */
export function backoff(attempt: number, limits: BackoffLimits, random: number): number {
  const full = Math.min(limits.backoffCapMs, limits.backoffBaseMs * 2 ** Math.min(attempt, 40));
  return Math.round(full * (0.5 + random / 2));
}
