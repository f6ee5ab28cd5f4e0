/** The keys that the server has evicted: what others change of them has to be asked for whole. The oldest go when they are too many. */
import type { ByteString } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import { reservedPrefix } from '../marker/marker.ts';

/** How many are remembered. */
const maxEvicted = 100_000;

/** The evicted keys of one shard. Mutable. */
export class EvictedKeys {
  /** Oldest first. */
  readonly #keys = new Set<string>();

  /** The server has evicted a key. The marker is written again from here: nobody is asked for it. */
  note(db: number, key: ByteString): void {
    if (key.startsWith(reservedPrefix)) return;
    this.#keys.add(`${db} ${key}`);
    if (this.#keys.size > maxEvicted) this.#keys.delete(this.#keys.values().next().value!);
  }

  /** Whether none is remembered. */
  get isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  /** Nobody else holds an evicted key either: it is gone. */
  end(db: number, key: ByteString): void {
    this.#keys.delete(`${db} ${key}`);
  }

  /** Whether a key was evicted, and has not been made whole since. */
  has(db: number, key: ByteString): boolean {
    return this.#keys.has(`${db} ${key}`);
  }

  /** Whether an op meets an evicted key; what makes it whole again ends that. */
  meets(op: Op): boolean {
    if (this.#keys.size === 0) return false;
    if (op.type !== 'assign' && op.type !== 'delete' && op.type !== 'state' && op.type !== 'refill')
      return this.has(op.db, op.key);
    this.#keys.delete(`${op.db} ${op.key}`);
    return false;
  }
}
