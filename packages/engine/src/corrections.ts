/**
 * Corrections on their way: decided, flushed with the ledger, sent, seen.
 *
 * A correction is sent only after it is flushed, so a restart knows every one that may have run; the own marker field names
 * the last one that did.
 */
import { type Effects, fromByteString, type Settlement, type Time, toByteString } from '@entwine/core';
import type { Batch } from './apply-lane.ts';
import type { PendingCorrection } from './ledger.ts';

interface Known {
  readonly stored: PendingCorrection;
  readonly batch: Batch;
  sent: boolean;
}

/** The corrections of one shard that have not been seen in the stream yet. */
export class Corrections {
  readonly #known = new Map<number, Known>();

  /** @param stored - those the ledger holds. */
  constructor(stored: readonly PendingCorrection[]) {
    for (const correction of stored)
      this.#known.set(correction.id, { stored: correction, batch: toBatch(correction, -1), sent: false });
  }

  get outstanding(): number {
    return this.#known.size;
  }

  /** Notes a decision. Returns what the ledger must hold before it is sent. */
  decide(id: number, effects: Effects, time: Time, decidedAt: number): PendingCorrection {
    const stored: PendingCorrection = {
      id,
      time,
      args: effects.args.map((arg) => (typeof arg === 'string' ? arg : toByteString(arg))),
      settlements: effects.settlements.map((made) => ({ ...made, by: made.by.toString(), base: made.base ?? null })),
    };
    this.#known.set(id, { stored, batch: toBatch(stored, decidedAt), sent: false });
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

  /** The settlements of a correction. */
  settlementsOf(id: number): readonly Settlement[] {
    return this.#known.get(id)?.batch.settlements ?? [];
  }

  /** Everything up to a number has run. */
  seen(id: number): void {
    for (const known of this.#known.keys()) if (known <= id) this.#known.delete(known);
  }
}

function toBatch(stored: PendingCorrection, decidedAt: number): Batch {
  return {
    kind: 'correction',
    peer: undefined,
    args: stored.args.map((arg) => (arg.length > 64 ? fromByteString(arg) : arg)),
    grows: true,
    ops: [],
    states: [],
    correction: stored.id,
    decidedAt,
    settles: { seq: 0, time: 0 },
    reported: 0,
    units: 0,
    newestUnit: 0,
    settlements: stored.settlements.map((made) => ({ ...made, by: BigInt(made.by), base: made.base ?? undefined })),
  };
}
