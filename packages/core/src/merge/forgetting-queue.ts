/**
 * The order in which keys are forgotten: by the time of the newest write to them, in buckets of 64 ms.
 *
 * A key that was written to again stands in its earlier buckets as well: there its older parts are forgotten.
 */
import type { Time } from '../version/version.ts';
import { detachState } from './detach.ts';
import type { KeyState } from './key-state.ts';

/** Times are queued in buckets of this size: 64 ms. */
const bucketSize = 64 * 4096;

/** Stands for the bucket of a key that has left memory. */
const gone = -2;

/** The bucket of a time. */
export function bucketOf(time: Time): number {
  return Math.floor(time / bucketSize);
}

/** The queue of one model. Mutable. */
export class ForgettingQueue {
  readonly #buckets = new Map<number, KeyState[]>();
  #oldest = Number.POSITIVE_INFINITY;
  /** The last bucket whose keys hold their own bytes. */
  #detached = Number.NEGATIVE_INFINITY;

  /** A key was written to. */
  add(state: KeyState): void {
    const bucket = Math.floor(state.newest / bucketSize);
    if (state.bucket !== bucket) this.put(state, bucket);
  }

  /** A key stands in a bucket. */
  put(state: KeyState, bucket: number): void {
    state.bucket = bucket;
    const states = this.#buckets.get(bucket);
    if (states === undefined) this.#buckets.set(bucket, [state]);
    else states.push(state);
    if (bucket < this.#oldest) this.#oldest = bucket;
  }

  /** Takes out all up to a bucket. */
  take(last: number, visit: (state: KeyState, bucket: number) => void): void {
    if (this.#oldest > last) return;
    for (const [bucket, states] of this.#buckets) {
      if (bucket > last) continue;
      this.#buckets.delete(bucket);
      for (const state of states) if (state.bucket !== gone) visit(state, bucket);
    }
    this.#oldest = Number.POSITIVE_INFINITY;
    for (const bucket of this.#buckets.keys()) this.#oldest = Math.min(this.#oldest, bucket);
  }

  /**
   * Takes keys out that may go, oldest first, at most so many. Earlier buckets in which they and others stand as well are emptied on
   * the way: the later ones will do.
   * @param take - takes them over, or throws: then they stay.
   */
  takeCold(
    most: number,
    mayGo: (state: KeyState) => boolean,
    take: (states: readonly KeyState[]) => void,
  ): readonly KeyState[] {
    const cold: KeyState[] = [];
    for (const bucket of [...this.#buckets.keys()].sort((a, b) => a - b)) {
      if (cold.length >= most) break;
      const left: KeyState[] = [];
      for (const state of new Set(this.#buckets.get(bucket)!)) {
        if (state.bucket !== bucket) continue;
        if (cold.length < most && mayGo(state)) cold.push(state);
        else left.push(state);
      }
      if (left.length === 0) this.#buckets.delete(bucket);
      else this.#buckets.set(bucket, left);
    }
    try {
      take(cold);
    } catch (error) {
      for (const state of cold) this.put(state, state.bucket);
      throw error;
    }
    for (const state of cold) state.bucket = gone;
    return cold;
  }

  /** What is remembered of keys not touched since a time gets bytes of its own, so that no batch is kept for it. */
  detach(before: Time): void {
    const last = bucketOf(before) - 1;
    if (last <= this.#detached) return;
    const from = Math.max(this.#detached + 1, this.#oldest);
    const few = last - from < this.#buckets.size;
    const due = few ? Array.from({ length: Math.max(0, last - from + 1) }, (_, i) => from + i) : this.#buckets.keys();
    for (const bucket of due) {
      if (bucket < from || bucket > last) continue;
      for (const state of this.#buckets.get(bucket) ?? []) if (state.bucket === bucket) detachState(state);
    }
    this.#detached = last;
  }
}
