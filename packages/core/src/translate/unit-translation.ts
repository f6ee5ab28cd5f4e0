/**
 * One local unit on its way to becoming an entry.
 *
 * Command rows call its methods, one for each op. Every op gets the next index of the unit and is merged into the model at
 * once, so that a later command of the same unit sees the earlier ones. Keys under the reserved prefix yield nothing.
 */
import { type ByteString, toByteString } from '../bytes/byte-string.ts';
import { type CounterCell, type Covers, type Expiry, type GuardedKind, indicesOf, type Op } from '../entry/entry.ts';
import { reservedPrefix } from '../marker/marker.ts';
import { expiryOf, newestEnd, unseenRenewal } from '../merge/ends.ts';
import { isLinear, isReturning } from '../merge/guarded.ts';
import type { KeyState } from '../merge/key-state.ts';
import { everyLibrary } from '../merge/library-registers.ts';
import type { Stamp } from '../merge/merge-op.ts';
import type { Model } from '../merge/model.ts';
import { hasMoves, noteMove, notePush } from '../merge/moved-elements.ts';
import { ownCount } from '../merge/own-count.ts';
import { isRemoval, isRoot, makesKey } from '../merge/own-ops.ts';
import { Shadow } from '../merge/shadow.ts';
import { meetsPart } from '../merge/string-parts.ts';
import type { SiteRules } from '../policy/site-rules.ts';
import { isDeadHere, isGoneHere, isOfAnotherKind } from './absent-key.ts';
import type { Ask } from './ask.ts';
import type { UndoOf } from './ruled-translation.ts';

/** The database of a `flush` that means all of them. */
export const everyDatabase = -1;

/**
 * What a deletion in the stream is: `root` a client's, `expiry` the server's because the key expired, `end` one that may
 * be either (or an eviction that counts everywhere), `none` an eviction that is this site's own business.
 */
export type Deletion = 'root' | 'expiry' | 'end' | 'none';

/** What this site has seen of its peers' writes on a key. */
export type SeenOf = (db: number, key: ByteString) => Covers;

/** What a unit's translation takes from around it. */
export interface UnitContext {
  /** Whether messages are passed on. @defaultValue false */
  readonly publish?: boolean;
  /** Whether the unit adds again what had been added before. @defaultValue false */
  readonly again?: boolean;
  /** What of its own writes the site tells, and how. @defaultValue all */
  readonly rules?: SiteRules | undefined;
  /** See `UndoOf`; of a site with rules. */
  readonly undo?: UndoOf;
  /** Whether a library command in the stream is a call of our own, come back. @param code - `null`: deleted. */
  readonly isOwnLibrary?: (name: ByteString, code: Uint8Array | null) => boolean;
  /** The codes in a payload of FUNCTION DUMP; undefined when it cannot be read. */
  readonly librariesOf?: (payload: Uint8Array) => readonly Uint8Array[] | undefined;
}

/** Collects the ops of one unit. */
export class UnitTranslation {
  readonly ops: Op[] = [];
  /** What has to be read before all of the effect is known. */
  readonly asks: Ask[] = [];
  /** Database of the command being translated. */
  db = 0;
  /** What a DEL or UNLINK of the command being translated is. */
  deletion: Deletion = 'root';
  protected readonly stamp: Stamp;
  readonly #model: Model;
  readonly #covers: SeenOf;
  readonly #context: UnitContext;
  /** The next index of the unit. */
  protected index = 0;

  constructor(model: Model, stamp: Stamp, covers: SeenOf, context: UnitContext = {}) {
    this.#model = model;
    this.stamp = stamp;
    this.#covers = covers;
    this.#context = context;
  }

  assign(key: ByteString, value: Uint8Array, expiry: Expiry | 'keep'): void {
    this.#add({ type: 'assign', db: this.db, index: this.index, key, value, expiry });
  }

  delete(key: ByteString): void {
    const { db } = this;
    if (this.deletion === 'root') this.#add({ type: 'delete', db, index: this.index, key });
    else if (this.deletion === 'none') this.#model.evicted.note(db, key);
    else this.#end(db, key, this.deletion === 'expiry');
    const state = this.#model.find(db, key);
    if (state !== undefined) state.gone = true;
  }

  /**
   * The key is gone as this site had seen it. Where it was to expire, that counts as an expiry, whether the server has said so
   * or not: what others have added to it, and nobody here has seen, was to expire as well.
   */
  #end(db: number, key: ByteString, told: boolean): void {
    const index = this.index;
    const covers = this.#covers(db, key);
    const at = this.#model.dueOf(db, key, covers);
    const expires = told || at !== null;
    this.#add({ type: 'end', db, index, key, covers, expires, ...(expires && at !== null && { at }) });
    const state = this.#model.find(db, key);
    const version = { time: this.stamp.time, priority: this.stamp.priority, index };
    const renewed = state && unseenRenewal(state, { version, covers, expires });
    // It has expired here, and lives on elsewhere: that site has to say what it holds.
    if (renewed !== undefined && state !== undefined && renewed.priority !== version.priority) {
      state.wanted = renewed;
      this.push({ type: 'want', db, index: this.index, key, version: renewed });
    }
  }

  expire(key: ByteString, at: Expiry): void {
    this.#add({ type: 'expire', db: this.db, index: this.index, key, at });
  }

  field(key: ByteString, field: ByteString, value: Uint8Array | null): void {
    this.#add({ type: 'field', db: this.db, index: this.index, key, field, value });
  }

  member(key: ByteString, member: ByteString, present: boolean): void {
    this.#add({ type: 'member', db: this.db, index: this.index, key, member, present });
  }

  score(key: ByteString, member: ByteString, score: number | null): void {
    this.#add({ type: 'score', db: this.db, index: this.index, key, member, score });
  }

  count(cell: CounterCell, key: ByteString, field: ByteString, by: bigint): void {
    const state = this.#model.find(this.db, key);
    // What it stands on may be a score that is still to be read.
    if (state !== undefined && state.partAsks > 0 && cell === 'zset') {
      this.scores(key, [[field, null]]);
      return;
    }
    if (state !== undefined && state.asked < 2 && isDeadHere(state, this.#model.cut, this.stamp.priority))
      this.#confirmEnd(state);
    this.#add(ownCount(this.#model, { db: this.db, index: this.index, key, cell, field, by }, this.stamp.origin));
  }

  /** Members in a range removed; limits as the command writes them (`(1.5`, `-inf`, `[a`, `+`). */
  range(key: ByteString, by: 'score' | 'lex', min: ByteString, max: ByteString): void {
    this.#add({ type: 'range', db: this.db, index: this.index, key, by, min, max });
  }

  bit(key: ByteString, offset: number, on: boolean): void {
    this.#add({ type: 'bit', db: this.db, index: this.index, key, offset, on });
  }

  /** PFCOUNT has written to a sketch what no other site needs, as long as it is a sketch. */
  estimate(key: ByteString): void {
    const state = this.#model.find(this.db, key);
    if (state !== undefined) state.estimated = true;
  }

  /** @param element - `null`: the sketch was made, with nothing in it. */
  sketch(key: ByteString, element: ByteString | null): void {
    this.#add({ type: 'sketch', db: this.db, index: this.index, key, element });
  }

  /** @param cell - see `stream-cells.ts`. */
  stream(key: ByteString, cell: ByteString, value: readonly Uint8Array[] | null): void {
    this.#add({ type: 'stream', db: this.db, index: this.index, key, cell, value });
  }

  /** Stream entries before an ID (16 bytes) removed. */
  trim(key: ByteString, before: ByteString): void {
    this.#add({ type: 'trim', db: this.db, index: this.index, key, before });
  }

  /**
   * A command on one key whose effect depends on all that the key holds.
   * @param args - the command as another site is to run it.
   * @param adds - whether it adds what must not be lost.
   */
  guarded(kind: GuardedKind, key: ByteString, args: readonly Uint8Array[], adds: boolean): void {
    const base = this.#model.stand(this.db, key, kind);
    this.#add({ type: 'guarded', db: this.db, index: this.index, key, kind, base, args, adds });
    const state = adds && kind === 'list' ? this.#model.find(this.db, key) : undefined;
    if (state !== undefined && hasMoves(state)) notePush(state, toByteString(args[0]!).toUpperCase(), args.length - 2);
  }

  /** What the key holds now has to be read: the arguments do not tell. @param overwrites - see `Ask`. */
  state(key: ByteString, overwrites: boolean, db: number = this.db): void {
    this.#ask({ type: 'state', db, key, overwrites });
  }

  /** A conditional ZADD: each member counts if it holds this score afterwards. `null`: whatever score it holds. */
  scores(key: ByteString, members: readonly (readonly [member: ByteString, score: number | null])[]): void {
    if (!this.#isReadAnew(key)) this.#ask({ type: 'scores', db: this.db, key, members });
  }

  /** Hash fields were changed to what only the key tells. */
  fields(key: ByteString, fields: readonly ByteString[]): void {
    if (!this.#isReadAnew(key)) this.#ask({ type: 'fields', db: this.db, key, fields });
  }

  /** An element taken from another list was pushed at the left (or right) end. */
  moved(key: ByteString, left: boolean): void {
    if (!key.startsWith(reservedPrefix)) noteMove(this.#model.obtain(this.db, key), left);
    if (!this.#isReadAnew(key)) this.#ask({ type: 'moved', db: this.db, key, left });
  }

  /** Whether a key that is added to may have lost an expiry before: what it is by now is then read as a whole. */
  #isReadAnew(key: ByteString): boolean {
    const state = this.#model.find(this.db, key);
    if (state === undefined || expiryOf(state) === null) return false;
    if (!state.shrunk && !isDeadHere(state, this.#model.cut, this.stamp.priority)) return false;
    state.shrunk = false;
    this.state(key, false);
    return true;
  }

  /** A stream was trimmed to a length. */
  trimmed(key: ByteString): void {
    this.#ask({ type: 'trimmed', db: this.db, key });
  }

  /** Every key of a database deleted. @param db - -1 for all. */
  flush(db: number): void {
    const op: Op = { type: 'flush', db: Math.max(db, 0), index: this.index, key: db < 0 ? '*' : '' };
    this.push(op);
    for (const state of this.#model.flush(op, this.stamp) ?? []) {
      state.adds = undefined;
      // What is on its way to the key may have come before the flush, or behind it.
      if (state.inFlight > 0) state.shadow ??= new Shadow();
      state.shadow?.flushed();
    }
  }

  /** Every key of every database deleted. */
  flushAll(): void {
    this.flush(everyDatabase);
  }

  /** Every key of a database may be another. */
  database(db: number): void {
    this.#ask({ type: 'database', db, key: '' });
  }

  /** @param code - `null`: deleted. */
  library(name: ByteString, code: Uint8Array | null): void {
    const op: Op = { type: 'library', db: 0, index: this.index, key: name, code };
    this.push(op);
    this.#model.libraries.merge(op, this.stamp);
  }

  /** Every function library deleted. */
  unloadAll(): void {
    this.library(everyLibrary, null);
  }

  /** Whether a library command is a call of our own: nothing to tell. */
  isOwnLibrary(name: ByteString, code: Uint8Array | null): boolean {
    return this.#context.isOwnLibrary?.(name, code) ?? false;
  }

  /** The codes in a payload of FUNCTION DUMP; undefined when it cannot be read. */
  librariesOf(payload: Uint8Array): readonly Uint8Array[] | undefined {
    return this.#context.librariesOf?.(payload);
  }

  /** A message published; it goes on only where that is switched on. */
  publish(channel: ByteString, message: Uint8Array, sharded: boolean): void {
    if (this.#context.publish !== true || channel.startsWith(reservedPrefix)) return;
    this.push({ type: 'publish', db: this.db, index: this.index, key: channel, message, sharded });
  }

  #ask(ask: Ask): void {
    if (ask.key.startsWith(reservedPrefix)) return;
    const asked = this.#model.find(ask.db, ask.key)?.asked ?? 0;
    if (ask.type === 'state') this.#model.ask(ask.db, ask.key, ask.overwrites);
    else if (ask.type === 'database') this.#model.databases.ask(ask.db);
    else if (asked > 0) return;
    else if (ask.type !== 'trimmed') this.#model.askPart(ask.db, ask.key);
    this.asks.push(ask);
  }

  #add(given: Op): void {
    if (given.key.startsWith(reservedPrefix)) return;
    const isAgain = this.#context.again === true && given.type === 'guarded' && given.adds;
    const op: Op = isAgain ? { ...given, again: true } : given;
    // A command that runs upon what nobody knows cannot be told by itself.
    const unknown = op.type === 'guarded' && this.#model.databases.isUnknown(op.db);
    const state = unknown ? this.#model.obtain(op.db, op.key) : this.#model.find(op.db, op.key);
    if (state?.expiryVersion !== undefined && expiryOf(state) !== null) this.#followExpiry(op, state);
    if (state !== undefined && this.#isAbsorbed(op, state, unknown)) {
      state.gone = false;
      return;
    }
    const dead = state !== undefined && makesKey(op) && isDeadHere(state, this.#model.cut, this.stamp.priority);
    if (dead) this.#confirmEnd(state);
    // What was added on a condition is yet to be read: the key may be there by that, and its expiry newer.
    const isNew = dead
      ? state.partAsks === 0 && isGoneHere(state)
      : isOfAnotherKind(op, state) && this.#model.evicted.has(op.db, op.key);
    const afresh = isNew && state !== undefined && expiryOf(state) !== null;
    if (state?.gone && makesKey(op)) this.#model.late.madeAnew(state);
    if (state !== undefined && makesKey(op)) state.gone = false;
    // An end that was told first has taken its place.
    const placed = op.index === this.index ? op : { ...op, index: this.index };
    this.push(placed);
    this.#model.mergeLocal(placed, this.stamp, state ?? this.#model.make(op.db, op.key));
    if (!afresh) return;
    // Not something Redis did: it says what the new key does not have.
    const settled: Op = { type: 'expire', db: op.db, index: this.index, key: op.key, at: null };
    this.push(settled);
    this.#model.merge(settled, this.stamp);
  }

  /** A key emptied by removals loses its expiry, and nothing in the stream says so: once it is added to, it is read. */
  #followExpiry(op: Op, state: KeyState): void {
    if (isRemoval(op)) state.shrunk = true;
    else if (op.type === 'expire' || op.type === 'delete' || op.type === 'end') state.shrunk = false;
    else if (state.shrunk && makesKey(op) && expiryOf(state) !== null) {
      state.shrunk = false;
      this.state(op.key, false, op.db);
    }
  }

  /** The key ended and is made again: what this site had seen of it stays gone, whoever renews its expiry. */
  #confirmEnd(state: KeyState): void {
    const newest = newestEnd(state);
    if (newest === undefined || !isGoneHere(state)) return;
    if (state.ends?.some((end) => end.version === newest && !end.expires && newest.priority === this.stamp.priority))
      return;
    const { db, key } = state;
    const end: Op = { type: 'end', db, index: this.index, key, covers: this.#covers(db, key), expires: false };
    this.push(end);
    this.#model.merge(end, this.stamp);
  }

  /**
   * Whether an op is not told by itself, because all of the key is (or has to be) read. What a guarded command adds is
   * noted; cells of a key that was overwritten with what is not known yet are merged here, so that a call of ours that
   * makes the key anew puts them back.
   */
  #isAbsorbed(op: Op, state: KeyState, unknown: boolean): boolean {
    if (unknown || this.#needsReading(op, state)) {
      this.state(op.key, false, op.db);
      // What it meets at others, and has not been seen here, is not in what will be read.
      if (op.type === 'range') return false;
    } else if (op.type !== 'guarded' && (state.asked < 2 || isRoot(op))) return false;
    else if (state.asked === 0) return false;
    else if (!state.unsaid) this.state(op.key, false, op.db);
    if (op.type !== 'guarded') this.#model.mergeLocal(op, this.stamp);
    else if (op.adds) {
      this.#noteEarlier(op);
      const note: Op = { ...op, index: this.index, base: null };
      this.push(note);
      this.#model.mergeLocal(note, this.stamp);
    }
    return true;
  }

  /** What the unit has added to the key before is noted as well: others say of a unit that they hold all of it, or nothing. */
  #noteEarlier({ db, key }: Op): void {
    this.ops.forEach((op, n) => {
      const isAdd = op.type === 'guarded' && op.adds && op.db === db && op.key === key;
      if (isAdd && op.base !== null) this.ops[n] = { ...op, base: null };
    });
  }

  #needsReading(op: Op, state: KeyState): boolean {
    const chained = state.chain !== undefined;
    switch (op.type) {
      case 'guarded':
        return (
          isBusy(state) ||
          (op.kind === 'string' && state.estimated) ||
          state.partAsks > 0 ||
          isReturning(state) ||
          !isLinear(state, op.kind, this.stamp.priority)
        );
      case 'bit':
        return state.estimated || meetsPart(state, op);
      case 'sketch':
        return meetsPart(state, op);
      case 'range':
        return isBusy(state) || state.counted;
      case 'count':
        return meetsPart(state, op) || (chained && op.cell === 'zset') || state.ranges !== undefined;
      case 'field':
      case 'member':
      case 'score':
        return chained && isBusy(state);
      default:
        return false;
    }
  }

  /** Tells an op, under the next index. */
  protected push(op: Op): void {
    this.ops.push(op);
    this.index += indicesOf(op);
  }
}

/** Whether something of ours is on its way to the key: what Redis holds is not what the model says. */
function isBusy(state: KeyState): boolean {
  return state.inFlight > 0 || state.shadow !== undefined;
}
