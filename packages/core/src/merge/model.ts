/**
 * The window of versions: everything newer than the stability cut, by key. Mutable, deterministic, no I/O.
 *
 * The cut S is the time up to which every site has settled what every site wrote. What is at or below it is forgotten:
 * "not remembered" means "at most S", and any op still to come is newer. So memory follows the write rate and the slowest
 * peer, not the data set.
 */
import { type AuditHost, Auditor } from '../audit/auditor.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import type { Base, Covers, Expiry, GuardedKind, Op } from '../entry/entry.ts';
import type { SpillStore } from '../ports.ts';
import { isNewer, type Time, type Version, zeroVersion } from '../version/version.ts';
import { alignExpiry } from './align-expiry.ts';
import { kinds } from './cell-value.ts';
import { noteAsked, noteTouch } from './contention.ts';
import { allDatabases, Databases } from './databases.ts';
import { expiryOf, expirySeen } from './ends.ts';
import { EvictedKeys } from './evicted-keys.ts';
import { rootAt } from './flushed-key.ts';
import { Flushes } from './flushes.ts';
import { bucketOf, ForgettingQueue } from './forgetting-queue.ts';
import { nameStand, noteUnmet } from './guarded.ts';
import { KeyState } from './key-state.ts';
import { LateExpiries } from './late-expiries.ts';
import { LibraryRegisters } from './library-registers.ts';
import { mergeOp, type Replay, type Stamp, versionOf } from './merge-op.ts';
import { isRemoval, mayEmpty, mayShrink } from './own-ops.ts';
import { forgetExpiry, isContested, pruneState } from './prune.ts';
import { isKnownDead } from './read-key.ts';
import { Shadow } from './shadow.ts';
import { SpilledKeys } from './spilled-keys.ts';
import { reweigh } from './weight.ts';

/** Keys that are to be compared; beyond that the oldest are let go of. */
const maxContended = 10_000;

/** The remembered versions of one shard. */
export class Model {
  readonly #dbs = new Map<number, Map<ByteString, KeyState>>();
  readonly #queue = new ForgettingQueue();
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
  readonly late: LateExpiries = new LateExpiries();
  readonly evicted: EvictedKeys = new EvictedKeys();
  /** Where keys may go, and the same while any are there. */
  #spillable: SpilledKeys | undefined;
  #spilled: SpilledKeys | undefined;
  /** The time of the newest flush ever. */
  #flushed: Time = 0;
  #cut: Time;
  #kept: Time;
  #keys = 0;
  #bytes = 0;
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

  /** Keys that are remembered beside memory, and the bytes that they take there. */
  get spilled(): { readonly keys: number; readonly bytes: number } {
    return { keys: this.#spillable?.count ?? 0, bytes: this.#spillable?.bytes ?? 0 };
  }

  /** What is remembered of a key. */
  find(db: number, key: ByteString): KeyState | undefined {
    const state = this.#dbs.get(db)?.get(key);
    if (state !== undefined || this.#spilled === undefined) return state;
    this.#spilled.recall(db, key);
    return this.#dbs.get(db)?.get(key);
  }

  /** Keys may go to a store; see `spill`. */
  spillTo(store: SpillStore): void {
    this.#spillable = new SpilledKeys(store, {
      adopt: (state) => {
        this.late.noteForgotten(this.#keep(state), this.#cut);
        this.#pruneParts(state);
        this.#queue.put(state, state.bucket);
      },
      forget: (state) => this.#prune(this.#keep(state), state.bucket),
      forgetPlain: (db, key) => this.late.note(db, key, { version: zeroVersion, at: null }, false, 0),
      isForgotten: ({ bucket, newest }) =>
        bucket < bucketOf(this.#cut) || (newest <= this.#cut && newest < this.#flushed),
      isFlushed: ({ db, key, newest }) => !this.flushes.isEmpty && (this.flushes.of(db, key)?.time ?? 0) > newest,
    });
  }

  /**
   * Moves keys that are at rest from memory to the store, those not written to for the longest first. They come back when they
   * are touched: nobody may hold their states.
   * @param most - so many keys. @param isHeld - says that somebody does. @returns how many have gone
   */
  spill(most: number, isHeld: (state: KeyState) => boolean): number {
    const spillable = this.#spillable;
    if (spillable === undefined) return 0;
    const mayGo = (state: KeyState): boolean =>
      spillable.mayTake(state) && !this.contended.has(state) && !this.wanting.has(state) && !isHeld(state);
    const cold = this.#queue.takeCold(most, mayGo, (states) => spillable.take(states));
    for (const state of cold) {
      this.#dbs.get(state.db)?.delete(state.key);
      this.#bytes -= state.weight;
    }
    this.#keys -= cold.length;
    if (cold.length > 0) this.#spilled = spillable;
    return cold.length;
  }

  /** What a key stands on: what is remembered of it, or the flush of its database when nothing else is. */
  recall(db: number, key: ByteString): KeyState | undefined {
    const state = this.find(db, key);
    if (state !== undefined || this.flushes.isEmpty || this.flushes.of(db, key) === undefined) return state;
    const flushed = this.obtain(db, key);
    this.#queue.add(flushed);
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
    alignExpiry(this, state, op, stamp, true);
    this.mergeInto(state, op, stamp, { ran });
    if (stamp.priority === this.#priority) state.shrunk = mayShrink(state.shrunk, op) && expiryOf(state) !== null;
    else if (isRemoval(op) && mayEmpty(state, op, this.#cut)) state.shrunk = true;
    // Of what has ended, less is remembered later: it does not tell then that there was nothing.
    if (state.ends !== undefined) state.gone = isKnownDead(state, this.#cut);
  }

  /** The same as `merge` for a key at hand. @param replay - of an op read back from the log. */
  mergeInto(state: KeyState, op: Op, stamp: Stamp, replay?: Replay, version: Version = versionOf(op, stamp)): void {
    const isOwn = stamp.priority === this.#priority;
    if (this.#auditor?.concerns(state, op, stamp) === true && replay === undefined)
      this.#auditor.watch(state, op, stamp, this.#cut, () => mergeOp(state, op, stamp, version, this.#cut, isOwn));
    else mergeOp(state, op, stamp, version, this.#cut, isOwn, replay);
    if (noteTouch(state, op, stamp.priority)) this.contend(state);
    this.#bytes += reweigh(state, op);
    this.#queue.add(state);
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
    if (stamp.time > this.#flushed) this.#flushed = stamp.time;
    if (!this.flushes.note(all ? allDatabases : op.db, version)) return undefined;
    const states: KeyState[] = [];
    this.#spilled?.recallFrom(bucketOf(version.time), all ? undefined : op.db);
    for (const [db, keys] of this.#dbs) {
      if (!all && db !== op.db) continue;
      for (const state of keys.values())
        if (this.flushes.spares?.(db, state.key, stamp.priority) !== true) states.push(state);
    }
    const isOwn = stamp.priority === this.#priority;
    for (const state of states) {
      if (isOwn && version.time > state.ownNewest) state.ownNewest = version.time;
      if (this.#auditor?.concerns(state, op, stamp) === true)
        this.#auditor.watch(state, op, stamp, this.#cut, () => rootAt(state, version, this.#cut));
      else rootAt(state, version, this.#cut);
      if (state.wanted !== undefined) this.wanting.add(state); // What had been missed: nobody has been asked yet.
      if (noteTouch(state, op, stamp.priority)) this.contend(state);
      this.#bytes += reweigh(state);
      this.#queue.add(state);
    }
    return states;
  }

  /** Notes that a key is to be read behind a fence. @param overwrites - see `Ask`, as for `again`. */
  ask(db: number, key: ByteString, overwrites: boolean = false, again: boolean = false): void {
    const state = this.obtain(db, key);
    state.asked = overwrites ? 2 : state.asked || 1;
    if (!again) state.unsaid = true;
    if (noteAsked(state, this.#priority)) this.contend(state);
    this.#queue.add(state);
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

  /** Merges an op of a local unit, where it stands in the stream. @param state - its key's, where it is at hand. */
  mergeLocal(op: Op, stamp: Stamp, state: KeyState = this.obtain(op.db, op.key)): KeyState {
    this.mergeInto(state, op, stamp);
    // Where it makes the key whole, that the key was evicted is over.
    if (this.evicted.meets(op)) this.evicted.noteWritten(op.db, op.key);
    if (state.inFlight > 0) state.shadow ??= new Shadow();
    if (!this.databases.isIdle && this.databases.awaitFlush(state)) state.shadow ??= new Shadow();
    state.shadow?.local(op);
    return state;
  }

  /** Notes that a key is told as of a time, by what is no write: others take it for as new as that. */
  noteTold(state: KeyState, time: Time): void {
    if (time > state.newest) state.newest = time;
    this.#queue.add(state);
  }

  /** Notes that a call concerning a key is on its way. */
  hold(db: number, key: ByteString): KeyState {
    const state = this.obtain(db, key);
    state.inFlight++;
    this.#queue.add(state);
    return state;
  }

  /** Every key remembered in memory: one that is not, is at rest. */
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
    const last = bucketOf(cut) - 1;
    this.#spilled?.forget(last);
    if (this.#spilled?.count === 0) this.#spilled = undefined;
    this.#queue.take(last, (state, bucket) => this.#prune(state, bucket));
  }

  /** See `ForgettingQueue.detach`. */
  detach(before: Time): void {
    this.#queue.detach(before);
  }

  /** What is remembered of a key, made when there is nothing. */
  obtain(db: number, key: ByteString): KeyState {
    return this.find(db, key) ?? this.make(db, key);
  }

  /** Begins to remember a key. Only where `find` has found nothing. */
  make(db: number, key: ByteString): KeyState {
    let keys = this.#dbs.get(db);
    if (keys === undefined) {
      keys = new Map();
      this.#dbs.set(db, keys);
    }
    const state = new KeyState(db, key);
    const flushed = this.flushes.isEmpty ? undefined : this.flushes.of(db, key);
    if (flushed !== undefined) {
      if (flushed.priority === this.#priority) state.ownNewest = flushed.time;
      rootAt(state, flushed, this.#cut);
      noteAsked(state, flushed.priority);
    }
    keys.set(key, state);
    this.#keys++;
    this.#bytes += reweigh(state);
    return state;
  }

  /** Whether a version is one of this site's. */
  isOwn(version: Version): boolean {
    return version.priority === this.#priority;
  }

  /** When a key was to expire whose register is forgotten, if it may have come late; else `null`. */
  lateExpiry(db: number, key: ByteString): Expiry {
    return this.late.of(db, key)?.at ?? null;
  }

  /** Forgets the expiry of a key, where the writer of an op had forgotten it, and that it expired. @param cut - the writer's. */
  dropExpiry(state: KeyState, cut: Time): void {
    this.late.noteRegister(state, Math.max(cut, this.#cut));
    forgetExpiry(state, cut);
    if (state.expiryVersion !== undefined) return;
    for (const { version } of state.ends ?? [])
      if (isNewer(version, state.expiryVersion)) state.expiryVersion = version;
    state.expiryByRoot = true;
  }

  /** Remembers a late expiry again, where the writer of an op had not forgotten it. @param cut - the writer's. */
  recallExpiry(state: KeyState, cut: Time): void {
    this.late.recall(state, cut);
  }

  /** When a key was to expire that has, by what is remembered of it, or by its late expiry. @param seen - of other sites. */
  dueOf(db: number, key: ByteString, seen: Covers): Expiry {
    const known = this.find(db, key);
    return (known && expirySeen(known, this.#priority, seen)) ?? this.lateExpiry(db, key);
  }

  /** A state is in memory. Its database is known: it has been there before. */
  #keep(state: KeyState): KeyState {
    this.#dbs.get(state.db)!.set(state.key, state);
    this.#keys++;
    this.#bytes += state.weight;
    return state;
  }

  #prune(state: KeyState, bucket: number): void {
    // Of most keys there is nothing to note; what they hold is not even looked at.
    if (!state.isCommon || state.expiry !== null || this.late.size > 0) this.late.noteForgotten(state, this.#cut);
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
      this.#queue.put(state, bucketOf(this.#cut) + 1);
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
