/**
 * Moves what is remembered of keys from memory to a store, where memory runs short.
 *
 * Rules
 *  1. Only while a peer is away, or at twice the limit: what is remembered is soon forgotten otherwise, and moving it would be in vain.
 *  2. Some keys at a time, at every turn, so that nothing waits for long.
 *  3. When the store is full, or fails, what is remembered stays in memory; at its limit capturing waits (see `window-guard.ts`).
 */
import type { KeyState } from '@entwine/core';
import type { Shard } from './shard.ts';
import { awayPeer } from './window-guard.ts';

/** Keys moved in one turn. */
const keysPerTurn = 2000;
/** By how much more may be in memory while no peer is away. */
const patience = 2;
/** Part of the store's limit below which an alarm about it has passed. */
const roomy = 0.9;

/** Watches the memory of one shard's window. */
export class WindowSpill {
  readonly #shard: Shard;
  /** A write to the store has failed: there is none any more. */
  #hasFailed = false;
  #isFull = false;
  #isTold = false;

  constructor(shard: Shard) {
    this.#shard = shard;
  }

  /** Moves some keys, if it is time. */
  check(): void {
    const { model, limits, options } = this.#shard;
    const { spillStore } = options;
    if (spillStore === undefined) return;
    if (model.bytes <= limits.spillWindowBytes) {
      if (this.#isFull) this.#hasRoom(spillStore.bytes());
      if (this.#isTold && model.spilled.keys === 0) this.#told(undefined);
      return;
    }
    const away = awayPeer(this.#shard);
    if (this.#hasFailed || (away === undefined && model.bytes <= patience * limits.spillWindowBytes)) return;
    if (!this.#isTold) this.#told(away === undefined ? 'less is written' : `${away.site} is back`);
    if (!this.#hasRoom(spillStore.bytes())) return;
    try {
      spillSome(this.#shard);
    } catch (error) {
      this.#hasFailed = true;
      this.#shard.alarms.raise(
        'spill-failed',
        `${(error as Error).message}. What is remembered of recent writes stays in memory; a restart tries again`,
        'error',
      );
    }
  }

  #hasRoom(bytes: number): boolean {
    const { limits, alarms } = this.#shard;
    const isFull = bytes >= limits.maxSpilledBytes * (this.#isFull ? roomy : 1);
    if (isFull !== this.#isFull) {
      this.#isFull = isFull;
      if (!isFull) alarms.clear('spill-full');
      else
        alarms.raise(
          'spill-full',
          `the versions of recent writes on disk take ${bytes} bytes (limits.maxSpilledBytes: ${limits.maxSpilledBytes}). ` +
            'What comes now stays in memory, and when that is full capturing waits. Raise the limit, or bring the peer back that is away',
        );
    }
    return !isFull;
  }

  #told(until: string | undefined): void {
    this.#isTold = until !== undefined;
    const message =
      until === undefined
        ? 'what was remembered on disk is forgotten'
        : `what is remembered of keys at rest goes to disk until ${until}`;
    this.#shard.emit('info', message, { bytes: this.#shard.model.bytes });
  }
}

/** Moves some keys, those not written to for the longest. @returns how many */
export function spillSome({ model, returning, restoring }: Shard): number {
  return model.spill(keysPerTurn, (state: KeyState) => returning.has(state) || restoring.has(state));
}
