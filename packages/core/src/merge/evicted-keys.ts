/**
 * The keys that the server has evicted: what others change of them has to be asked for whole. The oldest go when they are too many.
 *
 * It tells what has changed, so that somebody can write it down, and takes back what was; it keeps nothing itself.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import { reservedPrefix } from '../marker/marker.ts';
import { OldestEntry } from './oldest-entry.ts';

/** How many are remembered. */
const maxEvicted = 100_000;

/** A key was evicted, or that is over. */
export interface EvictionChange {
  /** Names the key, with its database. */
  readonly id: string;
  /** The number of the eviction: later ones have greater ones. */
  readonly number: number;
  readonly isOver: boolean;
}

/** The evicted keys of one shard. Mutable. */
export class EvictedKeys {
  /** Numbers of evictions, oldest first. */
  readonly #keys = new Map<string, number>();
  readonly #oldest = new OldestEntry(this.#keys);
  /** Priorities of the sites that cannot tell a key either. */
  readonly #untold = new Map<string, Set<number>>();
  /** Keys that were evicted in this process, and not written to here since: what is there of them calls of ours have left. */
  readonly #left = new Set<string>();
  readonly #most: number;
  #last = 0;
  #changes: EvictionChange[] | undefined;

  /** @param most - how many are remembered. */
  constructor(most: number = maxEvicted) {
    this.#most = most;
  }

  /** The server has evicted a key. What is Entwine's own is no other site's to tell: the marker is written again. */
  note(db: number, key: ByteString): void {
    const id = idOf(db, key);
    if (key.startsWith(reservedPrefix)) return;
    // What has been written to it since the last time is gone, too.
    this.#left.add(id);
    if (this.#keys.has(id)) return;
    this.#change({ id, number: this.restore(id), isOver: false });
    if (this.#keys.size > this.#most) this.#end(this.#oldest.find()![0]);
  }

  /** An eviction that an earlier process has noted, after those it had noted before. Returns its number now. */
  restore(id: string): number {
    this.#keys.set(id, ++this.#last);
    return this.#last;
  }

  /** What has changed since this was asked last, in order; undefined when nothing has. */
  takeChanges(): readonly EvictionChange[] | undefined {
    const changes = this.#changes;
    this.#changes = undefined;
    return changes;
  }

  /** Whether none is remembered. */
  get isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  /** Nobody else holds an evicted key either: it is gone. */
  end(db: number, key: ByteString): void {
    this.#end(idOf(db, key));
  }

  /** Whether a key was evicted, and has not been made whole since. */
  has(db: number, key: ByteString): boolean {
    return this.#keys.size > 0 && this.#keys.has(idOf(db, key));
  }

  /** An application has written to a key here, and that does not make it whole. */
  noteWritten(db: number, key: ByteString): void {
    this.#left.delete(idOf(db, key));
  }

  /** Whether nothing that is there of an evicted key is an application's of this site. */
  isLeftOver(db: number, key: ByteString): boolean {
    return this.#left.has(idOf(db, key));
  }

  /** A site cannot tell an evicted key. @param by - the site's priority. */
  noteUntold(db: number, key: ByteString, by: number): void {
    const id = idOf(db, key);
    if (!this.#keys.has(id)) return;
    const known = this.#untold.get(id);
    if (known === undefined) this.#untold.set(id, new Set([by]));
    else known.add(by);
  }

  /** Priorities of the sites that have said since it was evicted that they cannot tell a key; undefined: none. */
  untoldBy(db: number, key: ByteString): ReadonlySet<number> | undefined {
    return this.#untold.get(idOf(db, key));
  }

  /**
   * Whether an op meets an evicted key; what makes it whole again ends that.
   * @param stands - whether the op is not older than what had made the key: if it is, nothing comes of it here.
   */
  meets(op: Op, stands: boolean = true): boolean {
    if (this.#keys.size === 0) return false;
    if (!makesWhole(op)) return this.has(op.db, op.key);
    if (stands) this.end(op.db, op.key);
    return false;
  }

  #end(id: string): void {
    const number = this.#keys.get(id);
    if (number === undefined) return;
    this.#keys.delete(id);
    this.#untold.delete(id);
    this.#left.delete(id);
    this.#change({ id, number, isOver: true });
  }

  #change(change: EvictionChange): void {
    this.#changes ??= [];
    this.#changes.push(change);
  }
}

/** Whether an op says all that a key holds. What keeps the expiry does not: that may be forgotten. */
function makesWhole(op: Op): boolean {
  if (op.type === 'assign') return op.expiry !== 'keep';
  return op.type === 'delete' || op.type === 'state' || op.type === 'refill';
}

function idOf(db: number, key: ByteString): string {
  return `${db} ${key}`;
}
