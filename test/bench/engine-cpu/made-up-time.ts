/** A clock and timers that move when they are told to. */
import type { Timers } from '@entwine/engine';

export class MadeUpTime implements Timers {
  /** Unix milliseconds. */
  ms = 1_900_000_000_000;
  readonly clock = { now: (): number => Math.floor(this.ms) };
  readonly #due = new Set<{ readonly at: number; readonly run: () => void }>();

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.ms + ms, run };
    this.#due.add(timer);
    return () => this.#due.delete(timer);
  }

  /** Time goes on, and what is due happens. */
  pass(ms: number): void {
    this.ms += ms;
    for (const timer of this.#due) {
      if (timer.at > this.ms) continue;
      this.#due.delete(timer);
      timer.run();
    }
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
