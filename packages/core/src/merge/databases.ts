/**
 * What stands out of whole databases: calls of ours on their way that flush one, and what Redis may hold in it by then; and
 * whether one is yet to be read as a whole.
 */
import type { KeyState } from './key-state.ts';
import { Shadow } from './shadow.ts';

/** Stands for all databases. */
export const allDatabases = -1;

/** Whether a flush leaves a key as it is. */
type Spares = (state: KeyState) => boolean;

interface Flushing {
  calls: number;
  readonly touched: Set<KeyState>;
  /** Of each call on its way; undefined: it spares nothing. */
  readonly spares: (Spares | undefined)[];
}

/** The databases of one shard. Mutable. */
export class Databases {
  /** By database (-1: all): calls on their way that flush it, and the keys of which Redis may hold something else by then. */
  readonly #flushing = new Map<number, Flushing>();
  /** How often a database is yet to be read. */
  readonly #unread = new Map<number, number>();

  /** Nothing of it is on its way: what is asked for every command is asked here first. */
  get isIdle(): boolean {
    return this.#flushing.size + this.#unread.size === 0;
  }

  /**
   * A call of ours that flushes a database (-1: all) is on its way.
   * @param states - every key remembered. @param spares - what it leaves; undefined: nothing.
   */
  flushSent(db: number, states: Iterable<KeyState>, spares?: Spares): void {
    const flushing = this.#flushing.get(db);
    if (flushing === undefined) this.#flushing.set(db, { calls: 1, touched: new Set(), spares: [spares] });
    else {
      flushing.calls++;
      flushing.spares.push(spares);
    }
    for (const state of states) if (state.shadow !== undefined) this.awaitFlush(state);
  }

  /** It has come back. Returns the keys of which Redis may have held something else: that is gone. */
  flushSeen(db: number): ReadonlySet<KeyState> {
    const flushing = this.#flushing.get(db);
    if (flushing === undefined) return new Set();
    flushing.calls--;
    if (flushing.calls === 0) this.#flushing.delete(db);
    const spares = flushing.spares.shift();
    const { touched } = flushing;
    const gone = spares === undefined ? touched : new Set([...touched].filter((state) => !spares(state)));
    for (const state of gone) {
      state.shadow ??= new Shadow();
      state.shadow.flushed();
    }
    return gone;
  }

  /** A key with a shadow is wiped, too, when the flush comes back. Returns whether one is on its way. */
  awaitFlush(state: KeyState): boolean {
    let awaited = false;
    for (const db of [state.db, allDatabases]) {
      const flushing = this.#flushing.get(db);
      if (flushing === undefined || flushing.spares.every((spares) => spares?.(state) === true)) continue;
      flushing.touched.add(state);
      awaited = true;
    }
    return awaited;
  }

  /** All of a database is to be read. */
  ask(db: number): void {
    this.#unread.set(db, (this.#unread.get(db) ?? 0) + 1);
  }

  /** The keys of a database were read, and each is asked for by itself. */
  answered(db: number): void {
    const left = (this.#unread.get(db) ?? 0) - 1;
    if (left > 0) this.#unread.set(db, left);
    else this.#unread.delete(db);
  }

  /** Whether nobody knows what a key of a database holds in Redis. */
  isUnknown(db: number): boolean {
    return !this.isIdle && (this.#flushing.has(db) || this.#flushing.has(allDatabases) || this.#unread.has(db));
  }
}
