/**
 * Our own writes on their way to becoming entries: units translated, what fences read, states asked for.
 */
import {
  type Ask,
  argumentCount,
  type CommandLookup,
  type Deletion,
  Effects,
  type Entry,
  isChainLive,
  isDeletion,
  isExpiryForgotten,
  type KeyState,
  kinds,
  mayRefill,
  type Op,
  type PeerMarker,
  reservedPrefix,
  type SeenOf,
  Shadow,
  translateUnit,
  type Unit,
  type UnitContext,
  unseenRenewal,
  type Version,
} from '@entwine/core';
import type { Checks } from './checks.ts';
import { type ServerDelete, serverDeletes, writtenKey } from './confirm.ts';
import { type Corrections, noteCorrection } from './corrections.ts';
import type { Question } from './earlier.ts';
import { EvictedQuestions } from './evicted-questions.ts';
import { type Fences, homesAsk } from './fences.ts';
import type { Ledger } from './ledger.ts';
import type { ReAdds } from './re-adds.ts';
import type { Shard } from './shard.ts';
import type { Undo } from './undo.ts';

type Change = (ledger: Ledger) => void;

/** The parts that it works with. */
export interface OwnWritesParts {
  readonly shard: Shard;
  readonly fences: Fences;
  readonly corrections: Corrections;
  readonly reAdds: ReAdds;
  readonly checks: Checks;
  readonly undo: Undo | undefined;
  readonly context: UnitContext;
}

/** Makes entries of one shard's own writes. */
export class OwnWrites {
  readonly #shard: Shard;
  readonly #fences: Fences;
  readonly #corrections: Corrections;
  readonly #reAdds: ReAdds;
  readonly #checks: Checks;
  readonly #undo: Undo | undefined;
  readonly #context: UnitContext;
  readonly #evicted: EvictedQuestions;
  /** Up to here the stream is backlog: written while nobody listened. */
  #backlogEnd = 0;

  constructor({ shard, fences, corrections, reAdds, checks, undo, context }: OwnWritesParts) {
    this.#shard = shard;
    this.#fences = fences;
    this.#corrections = corrections;
    this.#reAdds = reAdds;
    this.#checks = checks;
    this.#undo = undo;
    this.#context = context;
    this.#evicted = new EvictedQuestions(shard, {
      want: (db, key, version) => this.want(db, key, version),
      sayUntold: (db, key, to) => this.#ship({ type: 'want', db, index: 0, key, version: to, untold: true }),
      tell: (db, key) => this.#read([{ type: 'state', db, key, overwrites: false, mutual: true }]),
    });
  }

  /** The stream begins again; what lies before `backlogEnd` was written during the break. */
  attached(backlogEnd: number): void {
    this.#backlogEnd = backlogEnd;
  }

  /** The time of what stands in the stream up to `end`. */
  tick(end: number): number {
    const { clock, readAt } = this.#shard;
    return clock.tick(end <= this.#backlogEnd ? 0 : readAt);
  }

  /**
   * A unit as an entry of ours, and what it changes in the ledger.
   * @param again - whether it adds again what commands of ours had added.
   */
  translate(
    unit: Unit,
    deletions: readonly Deletion[],
    again: boolean = false,
  ): { readonly entry: Entry | undefined; readonly change: Change | undefined } {
    const shard = this.#shard;
    const { model, tallies, options, origin } = shard;
    const time = this.tick(unit.end);
    const stamp = { time, priority: options.priority, origin };
    const { ops, asks, untranslated } = translateUnit(
      unit.commands,
      model,
      stamp,
      this.#lookup,
      this.#seen,
      deletions,
      again ? { ...this.#context, again } : this.#context,
    );
    let change = untranslated.length > 0 ? this.#noteUntranslated(untranslated) : undefined;
    if (asks.length > 0) {
      this.#fences.add(asks);
      change = both(change, this.#askChange());
    }
    const noted = shard.takeChange();
    if (noted !== undefined) change = both(change, noted);
    const undone = this.#undo?.takeChange();
    if (undone !== undefined) change = both(change, undone);
    this.#noteWanted(ops);
    if (ops.length === 0) return { entry: undefined, change };
    tallies.capturedUnits++;
    tallies.capturedOps += ops.length;
    return { entry: shard.entry(time, ops), change };
  }

  /**
   * Keys that had expired and were deleted by the server inside the unit. Where everything about the key is remembered and
   * it should live on, it is compared with the model like a key that was written to; else (and where commands run one upon the
   * other have made it, whose outcome only Redis held) the delete is a local one, and shipped.
   */
  expired(unit: Unit): { readonly entry: Entry | undefined; readonly suspects: readonly KeyState[] } {
    const shard = this.#shard;
    const { model, options } = shard;
    const suspects: KeyState[] = [];
    const ended: ServerDelete[] = [];
    for (const deleted of serverDeletes(unit)) {
      if (shard.rules?.fateOf(deleted.db, deleted.key) === 'local') continue;
      const state = model.find(deleted.db, deleted.key);
      const remembered = state?.root !== undefined && state.root.time > model.cut;
      const isForgotten = state === undefined || isExpiryForgotten(state);
      const due = isForgotten ? model.lateExpiry(deleted.db, deleted.key) : state.expiry;
      // Where its expiry is not remembered, it had the one by which the server ended it.
      const over = due === null ? state?.expiryVersion === undefined : due <= shard.now();
      const chained = state?.chain !== undefined && isChainLive(state, kinds[state.chain.kind]);
      if (remembered && !over && !chained) {
        state.shadow ??= new Shadow();
        state.shadow.lost = true;
        suspects.push(state);
      } else ended.push(deleted);
    }
    if (ended.length === 0) return { entry: undefined, suspects };
    const stamp = { time: this.tick(unit.end), priority: options.priority, origin: shard.origin };
    const ops: Op[] = [];
    for (const { db, key, again } of ended) {
      const covers = shard.seen(db, key);
      const at = model.dueOf(db, key, covers);
      const op: Op = { type: 'end', db, index: ops.length, key, covers, expires: true, ...(at !== null && { at }) };
      const state = model.mergeLocal(op, stamp);
      state.gone = !again;
      if (shard.rules?.tells(db, key) !== false) ops.push(op);
      const renewed = unseenRenewal(state, { version: { ...stamp, index: op.index }, covers, expires: true });
      // It has expired here, and lives on elsewhere: that site has to say what it holds.
      if (renewed === undefined || renewed.priority === stamp.priority) continue;
      state.wanted = renewed;
      ops.push({ type: 'want', db, index: ops.length, key, version: renewed });
    }
    this.#noteWanted(ops);
    if (ops.length === 0) return { entry: undefined, suspects };
    shard.tallies.capturedUnits++;
    shard.tallies.capturedOps += ops.length;
    return { entry: shard.entry(stamp.time, ops), suspects };
  }

  readonly #lookup: CommandLookup = (command) => this.#shard.options.commands?.find(command);

  readonly #seen: SeenOf = (db, key) => this.#shard.seen(db, key);

  #askChange(): Change {
    const asks = this.#fences.stored();
    return (ledger) => {
      ledger.asks = asks;
    };
  }

  /** A fence was seen and its reply is there: what was read is an entry at its place. */
  answerFence(): void {
    const shard = this.#shard;
    const { offset, db } = shard.at!;
    const { origin, options, tallies, pending } = shard;
    const stamp = { time: this.tick(offset), priority: options.priority, origin };
    const answers = this.#fences.answer(stamp, this.#seen, this.#corrections, this.#checks);
    const ops = answers?.ops ?? [];
    const changes = [this.#askChange()];
    const noted = shard.takeChange();
    if (noted !== undefined) changes.push(noted);
    if (answers !== undefined) this.#reAdds.send(answers.lost, changes);
    if (answers !== undefined && answers.leftOver.length > 0) changes.push(this.#delete(answers.leftOver));
    const change: Change = (ledger) => {
      for (const apply of changes) apply(ledger);
    };
    if (ops.length === 0) pending.change(offset, db, change);
    else {
      for (const op of ops) tallies.add('corrections', op.type === 'check' ? 'check' : 'state');
      pending.entry(offset, db, shard.entry(stamp.time, ops), change);
    }
    for (const { db: at, key, version } of answers?.wants ?? []) {
      shard.model.obtain(at, key).wanted = version;
      this.want(at, key, version);
    }
  }

  /**
   * The state of a key is asked for by another site. @param version - the one that it cannot place. @param by - the site's
   * priority; undefined where we ask ourselves.
   */
  wanted(db: number, key: string, version: Version, by?: number): void {
    const { rules, options } = this.#shard;
    if (rules === undefined ? key.startsWith(reservedPrefix) : !rules.tells(db, key)) {
      if (by !== undefined && rules !== undefined) this.#evicted.refuse(db, key, version, by);
      return;
    }
    if (by !== undefined && this.#evicted.asked(db, key, version, by)) return;
    const state = this.#shard.model.find(db, key);
    // Home alone has written it: what it tells is all there is.
    const isHome = rules?.homeOf(db, key) === options.priority;
    const renewed = state !== undefined && mayRefill(state, version);
    const settles = this.#checks.isTold(db, key, version);
    const mutual = by !== undefined && state?.wanted?.priority === by;
    let ask: Ask = {
      ...{ type: 'state', db, key, overwrites: isHome, again: true },
      ...(settles && { settles }),
      ...(mutual && { mutual }),
    };
    if (rules !== undefined && key.startsWith(reservedPrefix)) ask = homesAsk(rules, db, key);
    else if (renewed && !isHome) ask = { type: 'refill', db, key, version };
    this.#read([ask]);
  }

  /** A site cannot tell a key that it was asked for. @param by - its priority. */
  untold(db: number, key: string, by: number): void {
    this.#evicted.untold(db, key, by);
  }

  /** Deletes keys here. It is told to nobody. */
  #delete(keys: readonly KeyState[]): Change {
    const shard = this.#shard;
    const effects = new Effects();
    for (const { db, key } of keys) {
      effects.select(db);
      effects.delete(key);
    }
    const call = shard.nextCall();
    return noteCorrection(this.#corrections.decide(++shard.correction, effects, keys, shard.clock.last, call));
  }

  #read(asks: readonly Ask[]): void {
    this.#fences.add(asks);
    this.#shard.changeHere([this.#askChange()]);
  }

  /** Questions of other sites, in what an earlier process has taken. */
  asked(questions: readonly Question[]): void {
    for (const { op, stamp } of questions) {
      if (op.type === 'check') this.#checks.received(op, stamp);
      else if (op.version.priority !== this.#shard.options.priority) continue;
      else if (op.untold) this.untold(op.db, op.key, stamp.priority);
      else this.wanted(op.db, op.key, op.version, stamp.priority);
    }
  }

  /**
   * A call of ours has been seen, and a key that it wrote to had been evicted before it came: the rest has to come, too.
   * @param peer - whose ops were in it; undefined for a correction: what it wrote may be anybody's.
   */
  wroteOnEvicted({ commands }: Unit, peer: PeerMarker | undefined): void {
    const { model, clock, outcasts } = this.#shard;
    const priority = peer === undefined ? outcasts.remaining[0]?.priority : this.#shard.inbox(peer.origin)?.priority;
    if (priority === undefined) return;
    for (const { command, db } of commands) {
      if (argumentCount(command) < 2 || isDeletion(command)) continue;
      const key = writtenKey(command);
      if (!model.evicted.has(db, key)) continue;
      const state = model.obtain(db, key);
      if (state.wanted !== undefined) continue;
      state.wanted = { time: peer?.time ?? clock.last, priority, index: 0 };
      this.want(db, key, state.wanted);
    }
  }

  /** A unit asks for keys: until an answer has come they are asked for again. */
  #noteWanted(ops: readonly Op[]): void {
    const { model, wants } = this.#shard;
    for (const { type, db, key } of ops) {
      const state = type === 'want' ? model.find(db, key) : undefined;
      if (state?.wanted !== undefined && !model.wanting.has(state)) wants.asked(state, this.#shard.now());
    }
  }

  /** Keys are to be read and told. */
  read(states: Iterable<KeyState>, changes: Change[]): void {
    const asks: Ask[] = [...states].map(({ db, key }) => ({ type: 'state', db, key, overwrites: false }));
    if (asks.length === 0) return;
    this.#fences.add(asks);
    changes.push(this.#askChange());
  }

  /** Asks the site of a version for the state of a key; our own needs only to be read. */
  want(db: number, key: string, version: Version): void {
    const shard = this.#shard;
    shard.wants.asked(shard.model.obtain(db, key), shard.now());
    // Who is out does not answer: what is here is told instead.
    if (version.priority === shard.options.priority || shard.outcasts.isOutPriority(version.priority)) {
      this.wanted(db, key, version);
      return;
    }
    shard.tallies.add('corrections', 'want');
    this.#ship({ type: 'want', db, index: 0, key, version });
  }

  #ship(op: Op): void {
    const shard = this.#shard;
    const { offset, db } = shard.at!;
    // Amid backlog, a question of now would date what follows it.
    shard.pending.entry(offset, db, shard.entry(this.tick(offset), [op]));
  }

  #noteUntranslated(names: readonly string[]): Change {
    const { tallies } = this.#shard;
    for (const name of names) {
      if (tallies.untranslated[name] === undefined) {
        this.#shard.emit(
          'warn',
          `${name} is not translated by this version: it was not replicated, and this shard needs verification`,
          { command: name },
        );
      }
      tallies.add('untranslated', name);
    }
    const counts = { ...tallies.untranslated };
    return (ledger) => {
      Object.assign(ledger.untranslated, counts);
    };
  }
}

function both(a: Change | undefined, b: Change): Change {
  if (a === undefined) return b;
  return (ledger) => {
    a(ledger);
    b(ledger);
  };
}
