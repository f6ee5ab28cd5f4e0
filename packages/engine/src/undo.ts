/**
 * Undoing: writes to keys whose home is another site are put right by what home tells.
 *
 * Rules
 *  1. Home is asked by a `want` in the entry of the unit that wrote (so a crash loses neither without the other) and answers by
 *     a `state` that overwrites; that is written whatever the model says. It stands in the stream behind every write that was
 *     seen before it was decided, and so undoes them all.
 *  2. A key is asked for once in `undoEveryMs`, however often it is written to. What is written meanwhile is undone by the
 *     answer on its way, or asked for again when the time is over.
 *  3. What is to be undone is in the ledger until home's answer has been seen in the stream. Home that is away is asked when it
 *     is back: its answer is in our log's order like any other.
 *  4. `maxUndone` keys wait at most. Beyond it writes are counted, told by an alarm, and stay until home writes the key.
 */
import { type ByteString, type KeyState, reservedPrefix, type SiteRules } from '@entwine/core';
import type { Ledger } from './ledger.ts';
import type { Shard } from './shard.ts';

/** Keys that wait for home's answer at most. */
export const maxUndone = 10_000;
/** Milliseconds between two log lines about what was undone. */
const reportEveryMs = 10_000;

type Change = (ledger: Ledger) => void;

interface Undone {
  readonly db: number;
  readonly key: ByteString;
  readonly home: number;
  /** When home was asked last. */
  askedMs: number;
  /** Written to since home's answer was decided. */
  again: boolean;
}

/** What one shard has to put right. */
export class Undo {
  readonly #shard: Shard;
  readonly #rules: SiteRules;
  readonly #waiting = new Map<string, Undone>();
  #changes: Change[] = [];
  #reported = Number.NEGATIVE_INFINITY;
  #unreported = 0;
  #last = '';
  /** The keys of the unit that is taken up whose writes are on record. */
  #audited: { readonly time: number; readonly keys: Set<string> } = { time: 0, keys: new Set() };

  constructor(shard: Shard, rules: SiteRules) {
    this.#shard = shard;
    this.#rules = rules;
    for (const [id, { db, key, home, time }] of Object.entries(shard.ledger.undone)) {
      if (!shard.options.peers.some(({ priority }) => priority === home)) continue;
      const state = shard.model.obtain(db, key);
      state.wanted = { time, priority: home, index: 0 };
      shard.model.wanting.add(state);
      this.#waiting.set(id, { db, key, home, askedMs: 0, again: false });
    }
  }

  /** Keys, and databases that were flushed, that are not as home has them yet. */
  get pending(): number {
    return this.#waiting.size;
  }

  /**
   * A write to a key whose home is elsewhere. Returns whether home has to be asked for it by the unit.
   * @param home - priority of its home. @param time - of the unit.
   */
  readonly note = (db: number, key: ByteString, home: number, time: number): boolean => {
    this.#undone(db, key, home, time);
    const { model, wants } = this.#shard;
    const id = `${db} ${key}`;
    const known = this.#waiting.get(id);
    if (known !== undefined) {
      // What home tells of a whole database comes bit by bit: a part of it may have been flushed again.
      const isWhole = key.startsWith(reservedPrefix);
      if (isWhole || model.find(db, key)?.wanted === undefined) known.again = true;
      return false;
    }
    if (this.#waiting.size >= maxUndone) {
      this.#shard.tallies.add('policies', 'left');
      this.#shard.alarms.raise(
        'undo-full',
        `more than ${maxUndone} keys wait for their home to be put right: what else is written to such keys here stays until home writes them`,
      );
      return false;
    }
    const now = this.#shard.now();
    this.#waiting.set(id, { db, key, home, askedMs: now, again: false });
    this.#changes.push((ledger) => {
      ledger.undone[id] = { db, key, home, time };
    });
    const state = model.obtain(db, key);
    state.wanted = { time, priority: home, index: 0 };
    wants.asked(state, now);
    this.#shard.tallies.add('corrections', 'want');
    return true;
  };

  /** The undoing of one write is decided: it is put on record, for each key of a unit once. */
  #undone(db: number, key: ByteString, home: number, time: number): void {
    this.#shard.tallies.add('policies', 'undone');
    if (time !== this.#audited.time) this.#audited = { time, keys: new Set() };
    if (!this.#audited.keys.has(`${db} ${key}`)) {
      this.#audited.keys.add(`${db} ${key}`);
      const { audit, options } = this.#shard;
      const named = key.startsWith(reservedPrefix) ? '*' : key;
      const version = { time, index: 0 };
      audit.found({
        ...{ kind: 'home', db, key: named, cell: '', discarded: undefined },
        winner: { ...version, priority: home },
        loser: { ...version, priority: options.priority },
      });
    }
    this.#unreported++;
    this.#last = `key ${JSON.stringify(key)} in database ${db}`;
  }

  /** What the ledger has to hold with the unit that was taken up. */
  takeChange(): Change | undefined {
    if (this.#changes.length === 0) return undefined;
    const changes = this.#changes;
    this.#changes = [];
    return (ledger) => {
      for (const change of changes) change(ledger);
    };
  }

  /** On a timer: asks again, and strikes out what is as home has it. @param ask - see `OwnWrites.want`. */
  sweep(ask: (state: KeyState) => void): void {
    const { model, limits, pending, at, clock } = this.#shard;
    const now = this.#shard.now();
    this.#report(now);
    const over: string[] = [];
    for (const [id, undone] of this.#waiting) {
      const { db, key, home, askedMs, again } = undone;
      const state = model.find(db, key);
      if (state?.wanted !== undefined || (state?.inFlight ?? 0) > 0 || now - askedMs < limits.undoEveryMs) continue;
      if (!again) {
        over.push(id);
        continue;
      }
      undone.again = false;
      undone.askedMs = now;
      const wanted = model.obtain(db, key);
      wanted.wanted = { time: clock.last, priority: home, index: 0 };
      ask(wanted);
    }
    if (over.length === 0) return;
    for (const id of over) this.#waiting.delete(id);
    pending.change(at!.offset, at!.db, (ledger) => {
      for (const id of over) delete ledger.undone[id];
    });
    if (this.#waiting.size === 0) this.#shard.alarms.clear('undo-full');
  }

  #report(now: number): void {
    if (this.#unreported === 0 || now - this.#reported < reportEveryMs) return;
    this.#shard.emit(
      'warn',
      `${this.#unreported} writes at site ${this.#rules.site} to what has its home elsewhere are undone, the last to ${this.#last}`,
      { writes: this.#unreported },
    );
    this.#reported = now;
    this.#unreported = 0;
  }
}
