/**
 * Asks that are still to be read, in order. A key is asked for once, however often: as a whole, to be compared, or for what
 * was moved to it.
 */
import type { Ask } from '@entwine/core';
import type { StoredAsk } from './ledger.ts';

/** Listed keys of one database that are remembered one by one; beyond it, that all of the database is to be read. */
export const maxStoredAsks = 1000;

type Move = Extract<Ask, { type: 'moved' }>;

/** The open asks of one shard. */
export class OpenAsks {
  /** What is read together, by what it is about. */
  #asks = new Map<string, readonly Ask[]>();
  #number = 0;

  get size(): number {
    return this.#asks.size;
  }

  /**
   * Adds an ask behind the others. One for all of a key stays where it is, and is replaced by one that overwrites, or that is
   * not only listed, or not only to tell it again.
   */
  add(ask: Ask): void {
    const id = this.#idOf(ask);
    if (ask.type === 'compare') this.#asks.delete(id);
    const known = this.#asks.get(id);
    if (known === undefined) this.#asks.set(id, [ask]);
    else if (ask.type === 'moved') this.#asks.set(id, [...known, ask]);
    else if (ask.type === 'state' && (ask.overwrites || isListed(known[0]!) || isAgain(known[0]!)))
      this.#asks.set(id, [ask]);
  }

  /** Takes the first out: what is about at most `count` keys. */
  take(count: number): Ask[] {
    const taken: Ask[] = [];
    for (const [id, asks] of this.#asks) {
      if (count-- === 0) break;
      taken.push(...asks);
      this.#asks.delete(id);
    }
    return taken;
  }

  /** Puts asks before all others. */
  putBack(asks: readonly Ask[]): void {
    const rest = this.#asks;
    this.#asks = new Map();
    for (const ask of asks) this.add(ask);
    for (const [id, later] of rest) {
      if (this.#asks.has(id)) for (const ask of later) this.add(ask);
      else this.#asks.set(id, later);
    }
  }

  /** The ask for all of a key. */
  wholeOf(db: number, key: string): Ask | undefined {
    return this.#asks.get(wholeId(db, key))?.[0];
  }

  /** What was moved to a key. */
  movesTo(db: number, key: string): readonly Move[] {
    return (this.#asks.get(moveId(db, key)) ?? []) as readonly Move[];
  }

  takeMovesTo(db: number, key: string): readonly Move[] {
    const moves = this.movesTo(db, key);
    this.#asks.delete(moveId(db, key));
    return moves;
  }

  /** What has to be remembered of these asks, and of all that are open. */
  stored(sent: readonly Ask[]): readonly StoredAsk[] {
    const stored: StoredAsk[] = [];
    const listed = new Map<number, StoredAsk[]>();
    for (const asks of [sent, ...this.#asks.values()]) {
      for (const ask of asks) {
        if (ask.type === 'check' || ask.type === 'compare') continue;
        const what = ask.type === 'database' || ask.type === 'homes' ? ask.type : 'state';
        const overwrites = ask.type === 'state' && ask.overwrites;
        const one: StoredAsk = { db: ask.db, key: ask.key, what, overwrites, ...(isAgain(ask) && { again: true }) };
        if (!isListed(ask)) stored.push(one);
        else if (!listed.get(ask.db)?.push(one)) listed.set(ask.db, [one]);
      }
    }
    for (const [db, asks] of listed) {
      if (asks.length <= maxStoredAsks) stored.push(...asks);
      else stored.push({ db, key: '', what: 'database', overwrites: false });
    }
    return stored;
  }

  #idOf(ask: Ask): string {
    switch (ask.type) {
      case 'state':
        return wholeId(ask.db, ask.key);
      case 'moved':
        return moveId(ask.db, ask.key);
      case 'homes':
        return `h${ask.db} ${ask.key}`;
      case 'refill':
        return `r${ask.db} ${ask.key}`;
      case 'compare':
        return `c${ask.db} ${ask.key}`;
      default:
        return `${++this.#number}`;
    }
  }
}

function isAgain(ask: Ask): boolean {
  return ask.type === 'state' && ask.again === true;
}

function isListed(ask: Ask): boolean {
  return ask.type === 'state' && ask.listed === true;
}

function wholeId(db: number, key: string): string {
  return `s${db} ${key}`;
}

function moveId(db: number, key: string): string {
  return `m${db} ${key}`;
}
