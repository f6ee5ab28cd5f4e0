/**
 * Comparisons: keys that a unit of ours has written to, what of them differs from the model, and its correction.
 *
 * A key is compared once no call is on its way to it. One that has to wait for another call is remembered in the ledger.
 */
import { compareKey, Effects, type KeyState, type ReplyValue, Shadow, type Unit } from '@entwine/core';
import { confirm, type Known } from './confirm.ts';
import { type Corrections, noteCorrection } from './corrections.ts';
import { followAnew } from './earlier.ts';
import { textOf } from './key-content.ts';
import type { Ledger } from './ledger.ts';
import type { Shard } from './shard.ts';

type Change = (ledger: Ledger) => void;

const none: readonly never[] = [];

/** Compares the keys of one shard. */
export class Comparisons {
  readonly #shard: Shard;
  readonly #corrections: Corrections;
  /** Keys whose comparison waits for a call on its way. */
  readonly #deferred = new Set<KeyState>();

  constructor(shard: Shard, corrections: Corrections) {
    this.#shard = shard;
    this.#corrections = corrections;
    for (const { db, key } of shard.ledger.deferred) this.#deferred.add(followAnew(shard.model, db, key));
  }

  /** A unit of ours is seen: see `confirm`. */
  confirm(
    unit: Unit,
    known: Known,
    waiting: readonly KeyState[],
    suspects: readonly KeyState[],
    changes: Change[],
  ): void {
    const shard = this.#shard;
    shard.nextCall();
    const { effects, keys, blind, differing, deferred, compared } = confirm(
      shard.model,
      unit,
      known,
      waiting,
      suspects,
      shard.now(),
    );
    this.#noteDeferred(deferred, compared, changes);
    this.#decide(effects, keys, differing, changes);
    for (const state of blind) shard.restoring.add(state);
  }

  /** Keys that a call was to take away are there: they are compared once all that was written to them before has been seen. */
  stayed(keys: readonly ReplyValue[]): void {
    for (let at = 0; at < keys.length; at += 2) {
      const state = this.#shard.model.find(Number(textOf(keys[at] ?? null)), textOf(keys[at + 1] ?? null));
      if (state === undefined) continue;
      state.shadow ??= new Shadow();
      state.shadow.stayed = true;
      if (state.inFlight === 0) this.#deferred.add(state);
    }
    this.recheck();
  }

  /**
   * Keys that need not wait any more are compared: the lane is open, and nothing that an earlier process sent can come; or the
   * call has been seen already that was to take them away.
   */
  recheck(): void {
    const shard = this.#shard;
    const due = [...this.#deferred].filter((state) => state.inFlight === 0 && !shard.model.databases.awaitFlush(state));
    if (due.length === 0) return;
    const effects = new Effects();
    const keys: KeyState[] = [];
    let differing = 0;
    shard.nextCall();
    for (const state of due) {
      const { shadow } = state;
      const found = shadow && compareKey(shard.model, state, shadow, shard.now(), effects);
      if (found === undefined || found.differing === 0) {
        state.shadow = undefined;
        continue;
      }
      differing += found.differing;
      keys.push(state);
      if (found.blind) shard.restoring.add(state);
    }
    const changes: Change[] = [];
    this.#noteDeferred(none, due, changes);
    this.#decide(effects, keys, differing, changes);
    shard.changeHere(changes);
  }

  #noteDeferred(deferred: readonly KeyState[], compared: readonly KeyState[], changes: Change[]): void {
    let changed = false;
    for (const state of deferred) {
      if (this.#deferred.has(state)) continue;
      this.#deferred.add(state);
      changed = true;
    }
    for (const state of compared) if (this.#deferred.delete(state)) changed = true;
    if (!changed) return;
    const keys = [...this.#deferred].map(({ db, key }) => ({ db, key }));
    changes.push((ledger) => {
      ledger.deferred = keys;
    });
  }

  /** Decides on the correction that has been made up. */
  #decide(effects: Effects, keys: readonly KeyState[], differing: number, changes: Change[]): void {
    const shard = this.#shard;
    if (differing === 0) return;
    shard.tallies.add('corrections', 'reassert', differing);
    const stored = this.#corrections.decide(++shard.correction, effects, keys, shard.clock.last, shard.model.call);
    changes.push(noteCorrection(stored));
  }
}
