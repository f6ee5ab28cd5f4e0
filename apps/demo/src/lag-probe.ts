/**
 * How long a write takes from one site to another: writes a numbered key at one, reads it at the other until it is
 * there, and again. Each figure is one write's own arrival, seen by reading: never shorter than it really took.
 */
import { type RedisServer, waitFor } from './lab/index.ts';

const key = 'probe:lag';

export class LagProbe {
  #from: RedisServer;
  #to: RedisServer;
  #lags: number[] = [];
  #stopping = false;
  #running: Promise<void> | undefined;

  constructor(from: RedisServer, to: RedisServer) {
    this.#from = from;
    this.#to = to;
  }

  /** Lags measured so far, in milliseconds. */
  get lags(): readonly number[] {
    return this.#lags;
  }

  start(): void {
    this.#stopping = false;
    this.#running = this.#run();
  }

  /** Ends at once; a probe that is still on its way is not counted. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    await this.#from.with((writer) =>
      this.#to.with(async (reader) => {
        for (let number = 1; !this.#stopping; number++) {
          const text = `${process.pid}-${number}-${this.#lags.length}`;
          const sent = performance.now();
          await writer.set(key, text);
          const arrived = async (): Promise<boolean> => this.#stopping || (await reader.get(key)) === text;
          await waitFor('the probe arrives', arrived, { everyMs: 0, timeoutMs: 60_000 });
          if (!this.#stopping) this.#lags.push(performance.now() - sent);
        }
      }),
    );
  }
}

/** The value below which the given part of the figures lies; NaN of none. */
export function percentile(figures: readonly number[], part: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
