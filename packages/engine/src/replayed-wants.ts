/**
 * Wants that an earlier process has asked in vain: found while the logs are replayed, our own first. A key that is wanted, and
 * whose answer is not among what has taken effect, is wanted still.
 */
import { type ByteString, isNewer, type Model, type Op, type Stamp, type Version } from '@entwine/core';

interface Want {
  readonly db: number;
  readonly key: ByteString;
  readonly version: Version;
}

/** Collects what is wanted, in the order of the logs. */
export class ReplayedWants {
  readonly #open = new Map<string, Want>();

  /** The next op of a log. @param isOwn - whether the log is our own. */
  take(op: Op, stamp: Stamp, isOwn: boolean): void {
    if (op.type === 'want') {
      if (op.untold) return;
      const id = `${op.db} ${op.key}`;
      const known = this.#open.get(id);
      if (isOwn && (known === undefined || isNewer(op.version, known.version))) this.#open.set(id, op);
      return;
    }
    if (this.#open.size === 0 || !settles(op)) return;
    const id = `${op.db} ${op.key}`;
    const known = this.#open.get(id);
    if (known !== undefined && isNewer({ ...stamp, index: op.index }, known.version)) this.#open.delete(id);
  }

  /** Marks the keys that are wanted still; they are asked for again. */
  reopen(model: Model): void {
    for (const { db, key, version } of this.#open.values()) {
      const state = model.obtain(db, key);
      if (!isNewer(version, state.root) || !isNewer(version, state.wanted)) continue;
      state.wanted = version;
    }
    // What it had asked may not have reached its log.
    for (const state of model.states()) if (state.wanted !== undefined) model.wanting.add(state);
  }
}

/** Whether an op says all that a key holds. */
function settles({ type }: Op): boolean {
  return type === 'state' || type === 'refill' || type === 'assign' || type === 'delete';
}
