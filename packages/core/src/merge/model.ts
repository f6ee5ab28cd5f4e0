/**
 * The window of versions: everything newer than the stability cut, by key. Mutable, deterministic, no I/O.
 *
 * The cut S is the time up to which every site has settled what every site wrote. What is at or below it is forgotten:
 * "not remembered" means "at most S", and any op still to come is newer. So memory follows the write rate and the slowest
 * peer, not the data set.
 */
import { type AuditHost, Auditor } from '../audit/auditor.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { unixOfTime } from '../clock/hybrid-clock.ts';
import type { Base, Covers, Expiry, GuardedKind, Op } from '../entry/entry.ts';
import { isNewer, type Time, type Version } from '../version/version.ts';
import { kinds } from './cell-value.ts';
import { noteAsked, noteTouch } from './contention.ts';
import { allDatabases, Databases } from './databases.ts';
import { detachState } from './detach.ts';
import { expiryOf, expirySeen, isInForce } from './ends.ts';
import { rootAt } from './flushed-key.ts';
import { Flushes } from './flushes.ts';
import { nameStand, noteUnmet } from './guarded.ts';
import { KeyState } from './key-state.ts';
import { LateExpiries } from './late-expiries.ts';
import { LibraryRegisters } from './library-registers.ts';
import { mergeOp, type Replay, type Stamp } from './merge-op.ts';
import { forgetExpiry, isContested, pruneState } from './prune.ts';
import { Shadow } from './shadow.ts';
import { reweigh } from './weight.ts';

/** Evicted keys that are remembered. */
const maxEvicted = 100_000;
/** Keys that are to be compared; beyond that the oldest are let go of. */
const maxContended = 10_000;

/** Times are queued for forgetting in buckets of this size: 64 ms. */
const bucketSize = 64 * 4096;

/** The remembered versions of one shard. */
export class Model {
  readonly #dbs = new Map<number, Map<ByteString, KeyState>>();
  readonly #buckets = new Map<number, KeyState[]>();
  #oldestBucket = Number.POSITIVE_INFINITY;
  readonly #priority: number;
  /** The newest flushes. */
  readonly flushes: Flushes = new Flushes();
  /** The registers of function libraries. */
  readonly libraries: LibraryRegisters = new LibraryRegisters();
  /** What stands out of whole databases. */
  readonly databases: Databases = new Databases();
  /** Keys worth comparing between sites, oldest first, until somebody takes them out. See `contention.ts`. */
  readonly contended: Set<KeyState> = new Set();
  /** Keys whose state has to be asked for, until somebody takes them out. */
  readonly wanting: Set<KeyState> = new Set();
  /** The number of the call that is being made up. What it takes away from a key is noted with it. */
  call = 0;
  readonly #late = new LateExpiries();
  /** Keys the server has evicted, oldest first. */
  readonly #evicted = new Set<string>();
  #cut: Time;
  #kept: Time;
  #keys = 0;
  #bytes = 0;
  /** The last forgetting bucket whose keys hold their own bytes. */
  #detached = Number.NEGATIVE_INFINITY;
  #auditor: Auditor | undefined;

  /** @param cut - the stability cut as last committed. @param priority - our own site's. */
  constructor(cut: Time = 0, priority: number = -1) {
    this.#cut = cut;
    this.#kept = cut;
    this.#priority = priority;
  }

  /** From now on conflicts are told: what has been merged was read back from the log. */
  auditTo(host: AuditHost): void {
    this.#auditor = new Auditor(this.#priority, host);
  }

  /** The stability cut. */
  get cut(): Time {
    return this.#cut;
  }

  /** Keys remembered. */
  get keys(): number {
    return this.#keys;
  }

  /** About how many bytes of memory they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What is remembered of a key. */
  find(db: number, key: ByteString): KeyState | undefined {
    return this.#dbs.get(db)?.get(key);
  }

  /** What a key stands on: what is remembered of it, or the flush of its database when nothing else is. */
  recall(db: number, key: ByteString): KeyState | undefined {
    const state = this.find(db, key);
    if (state !== undefined || this.flushes.isEmpty || this.flushes.of(db, key) === undefined) return state;
    const flushed = this.obtain(db, key);
    this.#enqueue(flushed);
    return flushed;
  }

  /** Merges an op of another site, or one of our own read back from the log. */
  merge(op: Op, stamp: Stamp): KeyState {
    const state = this.obtain(op.db, op.key);
    this.mergeInto(state, op, stamp);
    return state;
  }

  /**
   * Merges an op read back from the log: of what order it was in here, only the times tell.
   * @param ran - whether a command was run; undefined when nobody remembers.
   */
  replay(op: Op, stamp: Stamp, ran?: boolean): void {
    const state = this.obtain(op.db, op.key);
    if (op.type === 'guarded' && ran === undefined) noteUnmet(state, op, this.#cut);
    this.mergeInto(state, op, stamp, { ran });
  }

  /** The same as `merge` for a key at hand. @param replay - of an op read back from the log. */
  mergeInto(state: KeyState, op: Op, stamp: Stamp, replay?: Replay): void {
    const isOwn = stamp.priority === this.#priority;
    if (this.#auditor?.concerns(state, op, stamp) === true && replay === undefined)
      this.#auditor.watch(state, op, stamp, this.#cut, () => mergeOp(state, op, stamp, this.#cut, isOwn));
    else mergeOp(state, op, stamp, this.#cut, isOwn, replay);
    if (noteTouch(state, op, stamp.priority)) this.contend(state);
    this.#bytes += reweigh(state, op);
    this.#enqueue(state);
  }

  /** Notes that a key is worth comparing. */
  contend(state: KeyState): void {
    if (this.contended.has(state)) return;
    this.contended.add(state);
    if (this.contended.size > maxContended) this.contended.delete(this.contended.values().next().value!);
  }

  /**
   * Merges a flush: a root of every key of its database, or of all (key `*`). Returns the keys remembered there; undefined
   * when a newer one is known.
   */
  flush(op: Op, stamp: Stamp): readonly KeyState[] | undefined {
    const version: Version = { time: stamp.time, priority: stamp.priority, index: op.index };
    const all = op.key === '*';
    if (!this.flushes.note(all ? allDatabases : op.db, version)) return undefined;
    const { spares } = this.flushes;
    const states: KeyState[] = [];
    for (const [db, keys] of this.#dbs) {
      if (!all && db !== op.db) continue;
      for (const state of keys.values()) if (spares?.(db, state.key, stamp.priority) !== true) states.push(state);
    }
    const isOwn = stamp.priority === this.#priority;
    for (const state of states) {
      if (isOwn && version.time > state.ownNewest) state.ownNewest = version.time;
      if (this.#auditor?.concerns(state, op, stamp) === true)
        this.#auditor.watch(state, op, stamp, this.#cut, () => rootAt(state, version, this.#cut));
      else rootAt(state, version, this.#cut);
      if (noteTouch(state, op, stamp.priority)) this.contend(state);
      this.#bytes += reweigh(state);
      this.#enqueue(state);
    }
    return states;
  }

  /** Notes that a key is to be read behind a fence. @param overwrites - see `Ask`. */
  ask(db: number, key: ByteString, overwrites: boolean = false): KeyState {
    const state = this.obtain(db, key);
    state.asked = overwrites ? 2 : state.asked || 1;
    if (noteAsked(state, this.#priority)) this.contend(state);
    this.#enqueue(state);
    return state;
  }

  /** Notes that the server has evicted a key: what others change of it has to be asked for whole. */
  evicted(db: number, key: ByteString): void {
    this.#evicted.add(`${db} ${key}`);
    if (this.#evicted.size > maxEvicted) this.#evicted.delete(this.#evicted.values().next().value!);
  }

  /** Whether any evicted key is remembered. */
  get hasEvicted(): boolean {
    return this.#evicted.size > 0;
  }

  /** Nobody else holds an evicted key either: it is gone. */
  endEviction(db: number, key: ByteString): void {
    this.#evicted.delete(`${db} ${key}`);
  }

  /** Whether a key was evicted, and has not been made whole since. */
  isEvictedKey(db: number, key: ByteString): boolean {
    return this.#evicted.has(`${db} ${key}`);
  }

  /** Whether a key was evicted; what makes it whole again ends that. */
  isEvicted(op: Op): boolean {
    if (this.#evicted.size === 0) return false;
    if (op.type !== 'assign' && op.type !== 'delete' && op.type !== 'state' && op.type !== 'refill')
      return this.#evicted.has(`${op.db} ${op.key}`);
    this.#evicted.delete(`${op.db} ${op.key}`);
    return false;
  }

  /** Notes that a key was read. */
  answered(db: number, key: ByteString): KeyState | undefined {
    const state = this.find(db, key);
    if (state === undefined) return undefined;
    state.asked = 0;
    return state;
  }

  /** Notes that a part of a key is to be read. */
  askPart(db: number, key: ByteString): void {
    const state = this.obtain(db, key);
    state.partAsks++;
    if (noteAsked(state, this.#priority)) this.contend(state);
  }

  /** Notes that asks about parts of a key were answered. */
  answeredParts(db: number, key: ByteString, count: number): void {
    const state = this.find(db, key);
    if (state !== undefined) state.partAsks = Math.max(0, state.partAsks - count);
  }

  /** Where a key stands for guarded commands. */
  stand(db: number, key: ByteString, kind: GuardedKind): Base {
    return nameStand(this.recall(db, key), kinds[kind], this.#cut);
  }

  /** Merges an op of a local unit, where it stands in the stream. */
  mergeLocal(op: Op, stamp: Stamp): KeyState {
    const state = this.merge(op, stamp);
    // Where it makes the key whole, that the key was evicted is over.
    this.isEvicted(op);
    if (state.inFlight > 0) state.shadow ??= new Shadow();
    if (!this.databases.isIdle && this.databases.awaitFlush(state)) state.shadow ??= new Shadow();
    state.shadow?.local(op);
    return state;
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

  /**
   * Moves the cut forward and forgets what is at or below it. Moving it back does nothing.
   * @param kept - the cut of a while ago: what was added to contested keys is remembered down to it.
   */
  forget(cut: Time, kept: Time = cut): void {
    if (cut <= this.#cut) return;
    this.#cut = cut;
    this.#kept = kept;
    this.flushes.forget(cut);
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

  /** What is remembered of keys not touched since a time gets bytes of its own, so that no batch is kept for it. */
  detach(before: Time): void {
    const last = Math.floor(before / bucketSize) - 1;
    if (last <= this.#detached) return;
    const from = Math.max(this.#detached + 1, this.#oldestBucket);
    const few = last - from < this.#buckets.size;
    const due = few ? Array.from({ length: Math.max(0, last - from + 1) }, (_, i) => from + i) : this.#buckets.keys();
    for (const bucket of due) {
      if (bucket < from || bucket > last) continue;
      for (const state of this.#buckets.get(bucket) ?? []) if (state.bucket === bucket) detachState(state);
    }
    this.#detached = last;
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
      const flushed = this.flushes.isEmpty ? undefined : this.flushes.of(db, key);
      if (flushed !== undefined) {
        if (flushed.priority === this.#priority) state.ownNewest = flushed.time;
        rootAt(state, flushed, this.#cut);
        noteAsked(state, flushed.priority);
      }
      keys.set(key, state);
      this.#keys++;
      this.#bytes += reweigh(state);
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

  /** Whether a version is one of this site's. */
  isOwn(version: Version): boolean {
    return version.priority === this.#priority;
  }

  /** When a key was to expire whose register is forgotten, if it may have come late; else `null`. */
  lateExpiry(db: number, key: ByteString): Expiry {
    return this.#late.of(db, key)?.at ?? null;
  }

  /** Forgets the expiry of a key, where the writer of an op had forgotten it, and that it expired. @param cut - the writer's. */
  dropExpiry(state: KeyState, cut: Time): void {
    this.#noteLate(state);
    forgetExpiry(state, cut);
    if (state.expiryVersion !== undefined) return;
    for (const { version } of state.ends ?? [])
      if (isNewer(version, state.expiryVersion)) state.expiryVersion = version;
    state.expiryByRoot = true;
  }

  /** Remembers a late expiry again, where the writer of an op had not forgotten it. @param cut - the writer's. */
  recallExpiry(state: KeyState, cut: Time): void {
    const late = this.#late.of(state.db, state.key);
    if (late === undefined || late.isOver || late.version.time <= cut) return;
    state.expiryVersion = late.version;
    state.expiry = late.at;
    state.expiryByRoot = late.byRoot;
  }

  /** When a key was to expire that has, by what is remembered of it, or by its late expiry. @param seen - of other sites. */
  dueOf(db: number, key: ByteString, seen: Covers): Expiry {
    const known = this.find(db, key);
    return (known && expirySeen(known, this.#priority, seen)) ?? this.lateExpiry(db, key);
  }

  #noteLate(state: KeyState): void {
    const { db, key, expiryVersion: version, expiryByRoot } = state;
    if (version !== undefined)
      this.#late.note(db, key, { version, at: expiryOf(state) }, expiryByRoot, unixOfTime(this.#cut));
  }

  #prune(state: KeyState, bucket: number): void {
    if (state.expiryVersion !== undefined && state.expiryVersion.time <= this.#cut) this.#noteLate(state);
    for (const end of state.ends ?? []) {
      if (end.version.time <= this.#cut && isInForce(state, end)) this.#late.over(state.db, state.key, end.version);
    }
    if (state.bucket !== bucket) {
      this.#pruneParts(state);
      return;
    }
    const mayReturn = state.adds !== undefined && state.newest > this.#kept && isContested(state);
    if (mayReturn) this.#pruneParts(state);
    if (
      state.inFlight > 0 ||
      state.asked > 0 ||
      state.partAsks > 0 ||
      state.shadow !== undefined ||
      state.wanted !== undefined ||
      (mayReturn && state.adds !== undefined)
    ) {
      this.#putInBucket(state, Math.floor(this.#cut / bucketSize) + 1);
      return;
    }
    this.#dbs.get(state.db)?.delete(state.key);
    this.#keys--;
    this.#bytes -= state.weight;
  }

  #pruneParts(state: KeyState): void {
    pruneState(state, this.#cut, this.#kept);
    this.#bytes += reweigh(state);
  }
}
