/**
 * Keys for which memory has no room: what is remembered of them is kept in a store, and comes back when they are touched.
 *
 * Rules
 *  1. A key is in memory or in the store, never in both. What has come back is struck from the store with the next write to it.
 *  2. Only a key at rest goes: nothing is on its way to it, asked for, or waited for, and nobody else holds its state.
 *  3. What the cut has passed is not there, also while the store still has it: it is swept out in order of time, some at a time.
 *  4. A flush is not carried out in the store. What is older than one is not there any more; what is newer comes back for it, since it
 *     has to be put back in Redis.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { SpillPlace, SpillRecord, SpillStore } from '../ports.ts';
import type { KeyState } from './key-state.ts';
import { decodeState, encodeState } from './state-codec.ts';

/** Keys struck from the store by one write. */
const maxStruck = 1000;
/** Keys swept out on one round. */
const maxSwept = 20_000;

/** What has to be done where a key is forgotten, as the first byte of what is stored of it. */
const parting = { nothing: 0, noExpiry: 1, look: 2 } as const;

/** What a model is to its spilled keys. */
export interface SpilledHost {
  /** A state is to be remembered in memory. */
  adopt(state: KeyState): void;
  /** The cut has passed everything of a key: it is forgotten, or remembered in memory for a while longer. */
  forget(state: KeyState): void;
  /** The cut has passed everything of a key, which had no expiry. */
  forgetPlain(db: number, key: ByteString): void;
  /** Whether the cut has passed everything of a key. */
  isForgotten(state: KeyState): boolean;
  /** Whether a flush is known that has taken away all that is remembered of a key. */
  isFlushed(state: KeyState): boolean;
}

/** The spilled keys of one model. */
export class SpilledKeys {
  readonly #store: SpillStore;
  readonly #host: SpilledHost;
  /** Back in memory, and not struck from the store yet; by `idOf`. */
  readonly #back = new Map<string, SpillPlace>();

  constructor(store: SpillStore, host: SpilledHost) {
    this.#store = store;
    this.#host = host;
  }

  /** How many there are. */
  get count(): number {
    return this.#store.count - this.#back.size;
  }

  /** Bytes that the store takes. */
  get bytes(): number {
    return this.#store.bytes();
  }

  /** Whether a key may go: it is at rest, and the store can hold its name. */
  mayTake(state: KeyState): boolean {
    return isAtRest(state) && !this.#host.isForgotten(state) && state.key.length <= this.#store.maxKeyBytes;
  }

  /** Takes keys, in order of their buckets. Once it returns they are to be dropped from memory. */
  take(states: readonly KeyState[]): void {
    const records = states.map((state): SpillRecord => {
      const encoded = encodeState(state);
      const value = new Uint8Array(encoded.length + 1);
      value[0] = partingOf(state);
      value.set(encoded, 1);
      return { db: state.db, key: state.key, order: state.bucket, value };
    });
    this.#store.write([...this.#back.values()], records);
    this.#back.clear();
  }

  /** Brings a key back to memory, if it is one of them. */
  recall(db: number, key: ByteString): void {
    const value = this.#store.get(db, key);
    if (value === undefined || (this.#back.size > 0 && this.#back.has(idOf(db, key)))) return;
    const state = decodeState(db, key, value.subarray(1));
    this.#strike({ db, key, order: state.bucket });
    if (this.#host.isForgotten(state)) this.#host.forget(state);
    else if (!this.#host.isFlushed(state)) this.#host.adopt(state);
  }

  /** Brings back what stands at or behind a place of the forgetting queue. @param db - undefined: in every database. */
  recallFrom(order: number, db: number | undefined): void {
    for (const place of this.#store.placesFrom(order))
      if (db === undefined || place.db === db) this.recall(place.db, place.key);
  }

  /** The cut has passed what stands in the forgetting queue up to a place. */
  forget(order: number): void {
    for (const { db, key, value } of this.#store.takeUpTo(order, maxSwept)) {
      if (this.#back.size > 0 && this.#back.delete(idOf(db, key))) continue;
      if (value[0] === parting.look) this.#host.forget(decodeState(db, key, value.subarray(1)));
      else if (value[0] === parting.noExpiry) this.#host.forgetPlain(db, key);
    }
  }

  #strike(place: SpillPlace): void {
    this.#back.set(idOf(place.db, place.key), place);
    if (this.#back.size < maxStruck) return;
    this.#store.write([...this.#back.values()], []);
    this.#back.clear();
  }
}

/** Whether nothing is on its way to a key, asked for or waited for. */
export function isAtRest(state: KeyState): boolean {
  return (
    state.inFlight === 0 &&
    state.shadow === undefined &&
    state.asked === 0 &&
    state.partAsks === 0 &&
    state.wanted === undefined &&
    !state.mayReturn &&
    state.wipedBy === undefined &&
    state.takenBy === undefined &&
    !state.movesTaken &&
    state.movedLeft + state.movedRight === 0
  );
}

function idOf(db: number, key: ByteString): string {
  return `${db} ${key}`;
}

function partingOf({ expiry, expiryVersion, ends, adds }: KeyState): number {
  if (expiry !== null || ends !== undefined || adds !== undefined) return parting.look;
  return expiryVersion === undefined ? parting.nothing : parting.noExpiry;
}
