/**
 * One local unit on its way to becoming an entry.
 *
 * Command rows call its methods, one for each op. Every op gets the next index of the unit and is merged into the model at
 * once, so that a later command of the same unit sees the earlier ones. Keys under the reserved prefix yield nothing.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { CounterCell, Expiry, Op } from '../entry/entry.ts';
import { reservedPrefix } from '../marker/marker.ts';
import type { Stamp } from '../merge/merge-op.ts';
import type { Model } from '../merge/model.ts';
import { ownCount } from '../merge/own-count.ts';
import { isKnownDead } from '../merge/read-key.ts';

/** Collects the ops of one unit. */
export class UnitTranslation {
  readonly ops: Op[] = [];
  /** Database of the command being translated. */
  db = 0;
  readonly #model: Model;
  readonly #stamp: Stamp;
  #index = 0;

  constructor(model: Model, stamp: Stamp) {
    this.#model = model;
    this.#stamp = stamp;
  }

  assign(key: ByteString, value: Uint8Array, expiry: Expiry | 'keep'): void {
    this.#add({ type: 'assign', db: this.db, index: this.#index, key, value, expiry });
  }

  delete(key: ByteString): void {
    this.#add({ type: 'delete', db: this.db, index: this.#index, key });
  }

  expire(key: ByteString, at: Expiry): void {
    this.#add({ type: 'expire', db: this.db, index: this.#index, key, at });
  }

  field(key: ByteString, field: ByteString, value: Uint8Array | null): void {
    this.#add({ type: 'field', db: this.db, index: this.#index, key, field, value });
  }

  member(key: ByteString, member: ByteString, present: boolean): void {
    this.#add({ type: 'member', db: this.db, index: this.#index, key, member, present });
  }

  score(key: ByteString, member: ByteString, score: number | null): void {
    this.#add({ type: 'score', db: this.db, index: this.#index, key, member, score });
  }

  count(cell: CounterCell, key: ByteString, field: ByteString, by: bigint): void {
    this.#add(ownCount(this.#model, { db: this.db, index: this.#index, key, cell, field, by }, this.#stamp.origin));
  }

  #add(op: Op): void {
    if (op.key.startsWith(reservedPrefix)) return;
    const afresh = makesKey(op) && this.#isAfresh(op.db, op.key);
    this.#push(op);
    this.#model.mergeLocal(op, this.#stamp);
    if (!afresh) return;
    // Not something Redis did: it says what the new key does not have.
    const settled: Op = { type: 'expire', db: op.db, index: this.#index, key: op.key, at: null };
    this.#push(settled);
    this.#model.merge(settled, this.#stamp);
  }

  #push(op: Op): void {
    this.ops.push(op);
    this.#index += op.type === 'assign' ? 2 : 1;
  }

  /** Whether a key that is known to be gone still has an expiry in its register, which the new key does not have. */
  #isAfresh(db: number, key: ByteString): boolean {
    const state = this.#model.find(db, key);
    return state !== undefined && state.expiry !== null && isKnownDead(state, this.#model.cut);
  }
}

/** Whether an op can make a key without saying what its expiry is. */
function makesKey(op: Op): boolean {
  if (op.type === 'assign') return op.expiry === 'keep';
  if (op.type === 'field') return op.value !== null;
  if (op.type === 'score') return op.score !== null;
  return op.type === 'member' ? op.present : op.type === 'count';
}
