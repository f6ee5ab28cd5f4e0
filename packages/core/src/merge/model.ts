/**
 * The window of versions: everything newer than the stability cut, by key. Mutable, deterministic, no I/O.
 *
 * The cut S is the time up to which every site has settled what every site wrote. What is at or below it is forgotten:
 * "not remembered" means "at most S", and any op still to come is newer. So memory follows the write rate and the slowest
 * peer, not the data set.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import type { Time } from '../version/version.ts';
import { type Cell, eachCell, KeyState } from './key-state.ts';
import { mergeOp, type Stamp } from './merge-op.ts';
import { Shadow } from './shadow.ts';

/** Times are queued for forgetting in buckets of this size: 64 ms. */
const bucketSize = 64 * 4096;

/** The remembered versions of one shard. */
export class Model {
  readonly #dbs = new Map<number, Map<ByteString, KeyState>>();
  readonly #buckets = new Map<number, KeyState[]>();
  #oldestBucket = Number.POSITIVE_INFINITY;
  #cut: Time;
  #keys = 0;

  /** @param cut - the stability cut as last committed. */
  constructor(cut: Time = 0) {
    this.#cut = cut;
  }

  /** The stability cut. */
  get cut(): Time {
    return this.#cut;
  }

  /** Keys remembered. */
  get keys(): number {
    return this.#keys;
  }

  /** What is remembered of a key. */
  find(db: number, key: ByteString): KeyState | undefined {
    return this.#dbs.get(db)?.get(key);
  }

  /** Merges an op of another site, or one of our own read back from the log. */
  merge(op: Op, stamp: Stamp): KeyState {
    const state = this.obtain(op.db, op.key);
    this.mergeInto(state, op, stamp);
    return state;
  }

  /** The same for a key at hand. */
  mergeInto(state: KeyState, op: Op, stamp: Stamp): void {
    mergeOp(state, op, stamp, this.#cut);
    this.#enqueue(state);
  }

  /** Merges an op of a local unit, where it stands in the stream. */
  mergeLocal(op: Op, stamp: Stamp): void {
    const state = this.merge(op, stamp);
    if (state.inFlight > 0) state.shadow ??= new Shadow();
    state.shadow?.local(op);
  }

  /** Notes that a call concerning a key is on its way. */
  hold(db: number, key: ByteString): KeyState {
    const state = this.obtain(db, key);
    state.inFlight++;
    this.#enqueue(state);
    return state;
  }

  /** Every key remembered. */
  *states(): Generator<KeyState> {
    for (const keys of this.#dbs.values()) yield* keys.values();
  }

  /** Moves the cut forward and forgets what is at or below it. Moving it back does nothing. */
  forget(cut: Time): void {
    if (cut <= this.#cut) return;
    this.#cut = cut;
    const last = Math.floor(cut / bucketSize) - 1;
    if (this.#oldestBucket > last) return;
    for (const [bucket, states] of this.#buckets) {
      if (bucket > last) continue;
      this.#buckets.delete(bucket);
      for (const state of states) this.#prune(state, bucket);
    }
    this.#oldestBucket = Number.POSITIVE_INFINITY;
    for (const bucket of this.#buckets.keys()) this.#oldestBucket = Math.min(this.#oldestBucket, bucket);
  }

  /** What is remembered of a key, made when there is nothing. */
  obtain(db: number, key: ByteString): KeyState {
    let keys = this.#dbs.get(db);
    if (keys === undefined) {
      keys = new Map();
      this.#dbs.set(db, keys);
    }
    let state = keys.get(key);
    if (state === undefined) {
      state = new KeyState(db, key);
      keys.set(key, state);
      this.#keys++;
    }
    return state;
  }

  #enqueue(state: KeyState): void {
    const bucket = Math.floor(state.newest / bucketSize);
    if (state.bucket !== bucket) this.#putInBucket(state, bucket);
  }

  #putInBucket(state: KeyState, bucket: number): void {
    state.bucket = bucket;
    const states = this.#buckets.get(bucket);
    if (states === undefined) this.#buckets.set(bucket, [state]);
    else states.push(state);
    if (bucket < this.#oldestBucket) this.#oldestBucket = bucket;
  }

  #prune(state: KeyState, bucket: number): void {
    if (state.bucket !== bucket) {
      pruneState(state, this.#cut);
      return;
    }
    if (state.inFlight > 0 || state.shadow !== undefined) {
      this.#putInBucket(state, Math.floor(this.#cut / bucketSize) + 1);
      return;
    }
    this.#dbs.get(state.db)?.delete(state.key);
    this.#keys--;
  }
}

/** Forgets the parts of a key that are at or below the cut. */
function pruneState(state: KeyState, cut: Time): void {
  if (state.root !== undefined && state.root.time <= cut) state.root = undefined;
  if (state.expiryVersion !== undefined && state.expiryVersion.time <= cut) {
    state.expiryVersion = undefined;
    state.expiry = null;
  }
  for (let kind = 0; kind < state.added.length; kind++) {
    const added = state.added[kind];
    if (added !== undefined && added.time <= cut) state.added[kind] = undefined;
  }
  eachCell(state, (kind, field, cell) => {
    if (!pruneCell(cell, cut)) return;
    if (field === '' && cell === state.string) state.string = undefined;
    else state.elements?.[kind]?.delete(field);
  });
}

/** Whether nothing of the cell is left. */
function pruneCell(cell: Cell, cut: Time): boolean {
  if (cell.counts !== undefined) {
    const kept = cell.counts.filter((count) => count.version.time > cut);
    cell.counts = kept.length > 0 ? kept : undefined;
  }
  // A register with increments above the cut keeps its value: it is their base.
  if (cell.version === undefined || cell.version.time > cut)
    return cell.version === undefined && cell.counts === undefined;
  return cell.counts === undefined;
}
