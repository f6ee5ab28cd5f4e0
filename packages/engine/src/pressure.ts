/** Holds back what would fill memory: the source while too much is not flushed, the transport while too much is not settled. */
import type { Committer } from './committer.ts';
import type { Exchange } from './exchange.ts';
import type { Shard } from './shard.ts';
import type { UnitQueue } from './unit-queue.ts';

/** Watches one shard. */
export class Pressure {
  readonly #shard: Shard;
  readonly #committer: Committer;
  readonly #queue: UnitQueue;
  readonly #exchange: Exchange;
  #paused = false;

  constructor(shard: Shard, committer: Committer, queue: UnitQueue, exchange: Exchange) {
    this.#shard = shard;
    this.#committer = committer;
    this.#queue = queue;
    this.#exchange = exchange;
  }

  /** Pauses or resumes what has to be. */
  check(): void {
    const { limits, options, at } = this.#shard;
    const waiting = Math.max(0, this.#queue.end - (at?.offset ?? 0));
    const unflushed = this.#committer.unflushedBytes + waiting;
    if (!this.#paused && unflushed > limits.maxPendingBytes) {
      this.#paused = true;
      options.source.pause();
    } else if (this.#paused && unflushed < limits.maxPendingBytes / 2) {
      this.#paused = false;
      options.source.resume();
    }
    this.#exchange.checkPressure();
  }
}
