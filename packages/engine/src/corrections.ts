/**
 * Corrections on their way: decided, flushed with the ledger, sent, seen.
 *
 * A correction is sent only after it is flushed, so a restart knows every one that may have run; the own marker field names
 * the last one that did.
 */
import {
  cellId,
  type Effects,
  fromByteString,
  type KeyState,
  meantTests,
  Shadow,
  type Time,
  toByteString,
} from '@entwine/core';
import type { Batch } from './apply-lane.ts';
import type { Ledger, PendingCorrection } from './ledger.ts';

interface Known {
  readonly stored: PendingCorrection;
  readonly batch: Batch;
  sent: boolean;
}

/** The corrections of one shard that have not been seen in the stream yet. */
export class Corrections {
  readonly #known = new Map<number, Known>();

  /** @param stored - those the ledger holds. @param hold - notes that a key is concerned. */
  constructor(stored: readonly PendingCorrection[], hold: (db: number, key: string) => KeyState) {
    for (const correction of stored) {
      const keys = correction.keys.map(({ db, key }) => hold(db, key));
      const batch = toBatch(correction, keys, 0);
      for (const state of keys) hint(state, batch);
      this.#known.set(correction.id, { stored: correction, batch, sent: false });
    }
  }

  get outstanding(): number {
    return this.#known.size;
  }

  /** Whether a correction of a key has not been seen yet. */
  concerns(state: KeyState): boolean {
    for (const { batch } of this.#known.values()) if (batch.keys.includes(state)) return true;
    return false;
  }

  /**
   * Notes a decision; its keys count it as in flight. Returns what the ledger must hold before it is sent.
   * @param number - the call's.
   */
  decide(
    id: number,
    effects: Effects,
    keys: readonly KeyState[],
    time: Time,
    number: number,
    readds: boolean = false,
  ): PendingCorrection {
    const stored: PendingCorrection = {
      id,
      ...(readds && { readds }),
      time,
      args: effects.args.map((arg) => (typeof arg === 'string' ? arg : toByteString(arg))),
      keys: keys.map(({ db, key }) => ({ db, key })),
      settlements: effects.settlements.map((made) => ({ ...made, by: made.by.toString(), base: made.base ?? null })),
    };
    for (const state of keys) state.inFlight++;
    this.#known.set(id, { stored, batch: toBatch(stored, keys, number), sent: false });
    return stored;
  }

  /** Flushed corrections that were not sent yet; they count as sent now. */
  takeSendable(flushed: readonly PendingCorrection[]): Batch[] {
    const sendable: Batch[] = [];
    for (const { id } of flushed) {
      const known = this.#known.get(id);
      if (known === undefined || known.sent) continue;
      known.sent = true;
      sendable.push(known.batch);
    }
    return sendable;
  }

  /** Everything up to a number has run. Returns what that was, oldest first. */
  seen(id: number): Batch[] {
    const done: Batch[] = [];
    for (const [number, known] of this.#known) {
      if (number > id) continue;
      this.#known.delete(number);
      done.push(known.batch);
    }
    return done;
  }
}

/** The change that has the ledger hold a correction that is decided. */
export function noteCorrection(stored: PendingCorrection): (ledger: Ledger) => void {
  return (ledger) => {
    ledger.correction = stored.id;
    ledger.corrections = [...ledger.corrections, stored];
  };
}

/** What the correction found in Redis, for increments that arrive before it runs. */
function hint(state: KeyState, batch: Batch): void {
  state.shadow ??= new Shadow();
  for (const [kind, field, value] of meantTests(batch.args, state.db, state.key)) {
    state.shadow.hints.set(cellId(kind, field), value);
  }
}

/** @param number - of the call; 0 when an earlier process decided it. */
function toBatch(stored: PendingCorrection, keys: readonly KeyState[], number: number): Batch {
  return {
    kind: 'correction',
    peer: undefined,
    args: stored.args.map((arg) => (arg.length > 64 ? fromByteString(arg) : arg)),
    grows: true,
    keys,
    number,
    correction: stored.id,
    restored: number === 0,
    readds: stored.readds === true,
    settlements: stored.settlements.map((made) => ({ ...made, by: BigInt(made.by), base: made.base ?? undefined })),
    settles: { seq: 0, time: 0 },
    reported: 0,
    units: 0,
    ops: 0,
    newestUnit: 0,
  };
}
