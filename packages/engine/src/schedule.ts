/** Work on timers, and patience with what is being closed. */
import type { Timers } from './timers.ts';

/** Runs work again and again until cleared. */
export class Schedule {
  readonly #timers: Timers;
  #cancels: (() => void)[] = [];

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** @param ms - from the end of one run to the next. */
  every(ms: number, run: () => void): void {
    let cancel = (): void => {};
    const again = (): void => {
      run();
      cancel = this.#timers.after(ms, again);
    };
    cancel = this.#timers.after(ms, again);
    this.#cancels.push(() => cancel());
  }

  /** Nothing runs any more. */
  clear(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }
}

/** Closes something, but waits no longer than this: a target that does not close must not keep us. */
export async function closeWithin(port: { close(): Promise<void> }, ms: number, timers: Timers): Promise<void> {
  let cancel = (): void => {};
  const patience = new Promise<void>((done) => {
    cancel = timers.after(ms, done);
  });
  await Promise.race([port.close(), patience]).finally(() => cancel());
}
