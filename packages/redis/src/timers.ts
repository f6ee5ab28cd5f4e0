/**
 * Time and chance, as what they are given: arguments.
 */

/** Runs something later; the result cancels it. */
export type After = (milliseconds: number, run: () => void) => () => void;

/** A number in [0, 1). */
export type Random = () => number;

/** The process's own timers. */
export const systemAfter: After = (milliseconds, run) => {
  const timer = setTimeout(run, milliseconds);
  return () => clearTimeout(timer);
};

/** Waits, or not any longer once `signal` aborts. */
export function sleep(milliseconds: number, after: After, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = after(milliseconds, wake);
    if (signal.aborted) wake();
    else signal.addEventListener('abort', wake, { once: true });
  });
}
