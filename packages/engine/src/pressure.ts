/**
 * Holds back what would fill memory: keys at rest go to disk; the source waits while too much is not flushed, or too much has to be remembered for a peer that
 * is away; the transport while too much is not settled.
 */
import type { Committer } from './committer.ts';
import type { Exchange } from './exchange.ts';
import type { Shard } from './shard.ts';
import type { UnitQueue } from './unit-queue.ts';
import { WindowGuard } from './window-guard.ts';
import { WindowSpill } from './window-spill.ts';

/** Watches one shard. */
export class Pressure {
  readonly #shard: Shard;
  readonly #committer: Committer;
  readonly #queue: UnitQueue;
  readonly #exchange: Exchange;
  readonly #window: WindowGuard;
  readonly #spill: WindowSpill;
  /** Too much is not flushed. */
  #isBehind = false;
  #paused = false;

  /** @param receives - whether entries are taken in: the link has been started, and the stream is read up to now. */
  constructor(shard: Shard, committer: Committer, queue: UnitQueue, exchange: Exchange, receives: () => boolean) {
    this.#shard = shard;
    this.#committer = committer;
    this.#queue = queue;
    this.#exchange = exchange;
    this.#window = new WindowGuard(shard, receives);
    this.#spill = new WindowSpill(shard);
  }

  /** Pauses or resumes what has to be. */
  check(): void {
    this.#spill.check();
    const { limits, options, at } = this.#shard;
    const waiting = Math.max(0, this.#queue.end - (at?.offset ?? 0));
    const unflushed = this.#committer.unflushedBytes + waiting;
    this.#isBehind = unflushed > (this.#isBehind ? limits.maxPendingBytes / 2 : limits.maxPendingBytes);
    const pause = this.#window.check() || this.#isBehind;
    if (pause !== this.#paused) {
      this.#paused = pause;
      if (pause) options.source.pause();
      else options.source.resume();
    }
    this.#exchange.checkPressure();
  }
}
