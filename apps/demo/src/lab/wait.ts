/**
 * Waiting for a condition, never for a time: the deadline only says when to give up.
 */

export interface WaitOptions {
  /** @defaultValue 30000 */
  readonly timeoutMs?: number;
  /** @defaultValue 10 */
  readonly everyMs?: number;
  /** What to tell when the deadline passes: the last thing seen. */
  readonly describe?: () => string | Promise<string>;
}

/**
 * Asks until the answer is neither `undefined`, `null` nor `false`, and returns it. An exception of `ask` ends the wait.
 */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) {
      return answer as Exclude<T, undefined | null | false>;
    }
    if (performance.now() > deadline) {
      const seen = options.describe === undefined ? '' : `\n${await options.describe()}`;
      throw new Error(`gave up after ${timeoutMs} ms waiting until ${what}${seen}`);
    }
    await pause(options.everyMs ?? 10);
  }
}

/** Lets time pass: for pacing a workload or a fault, not for hoping that something has happened. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
