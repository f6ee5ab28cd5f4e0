/** Timers as a port, so that a scheduler of its own can drive the engine. */

/** Runs something once, later. */
export interface Timers {
  /** Calls `run` after about `ms` milliseconds. Returns what cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** The platform's timers. */
export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
