/**
 * What a case plays on: sites, words for what is done at them, keys of its own, and words for what must hold. There are two: real
 * sites (`live-stage.ts`), and a simulated world (`../simulation/sim-stage.ts`), where the schedule is the seed's.
 *
 * Waits are for conditions. What is expected is looked at again while sites still talk, and only told once they are quiet.
 */
import type { Random, WaitOptions } from '../../apps/demo/src/lab/index.ts';
import { Refused, type Reply } from '../differential/raw-connection.ts';
import { type Content, type Found, readKey, showFound } from './read-content.ts';

/** The expiry a key is expected to have: none, any, or a Unix time in ms; `whatever`: all sites the same. */
export type ExpectedExpiry = 'none' | 'some' | 'whatever' | number;

/** A command as a case writes it. */
export type StageWords = readonly (string | number)[];

/** What a replicator says of itself, as far as cases ask. */
export interface StageStatus {
  readonly state: string;
  readonly seq: { readonly captured: number; readonly flushed: number };
  readonly peers: readonly { readonly site: string; readonly acknowledged: number }[];
  readonly alarms: readonly { readonly name: string }[];
  readonly corrections: Readonly<Record<string, number>>;
  readonly pending: { readonly checks: number };
}

/** A call of a replicator to its Redis that has been caught on its way. */
export interface CaughtCall {
  /** It arrives, and so does what follows it. */
  release(): void;
  /** The replicator gives it up, and makes it again, while it is still on its way; `release` lets it arrive late. */
  giveUp(): void;
}

/** Waits for a call. */
export interface CallTrap {
  /** The call, once it is made. */
  caught(): Promise<CaughtCall>;
  /** The call; undefined when the sites are settled without it. */
  caughtUnlessSettled(): Promise<CaughtCall | undefined>;
}

export abstract class Stage {
  readonly random: Random;
  readonly #prefix: string;

  constructor(random: Random, prefix: string) {
    this.random = random;
    this.#prefix = prefix;
  }

  /** Sites that are left out of what is said of all. */
  protected readonly left: Set<string> = new Set();

  /** Every site, without those that are left out. */
  abstract readonly names: readonly string[];

  /** How long what is expected may take to come about after sites have told each other everything, ms. */
  protected abstract readonly patienceMs: number;

  /** Sends commands in one write; error replies are values. */
  abstract send(site: string, commands: readonly StageWords[], db?: number): Promise<Reply[]>;

  /** Unix milliseconds, by the clocks of all sites. */
  abstract now(): number;

  /** Lets time pass: for pacing, not for hoping that something has happened. */
  abstract pause(ms: number): Promise<void>;

  /** Asks until the answer is true. */
  abstract waitFor(what: string, ask: () => Promise<boolean>, options?: WaitOptions): Promise<void>;

  /** Nothing passes between two sites. */
  abstract cut(one: string, other: string): void;

  /** The links between two sites are whole again. */
  abstract join(one: string, other: string): void;

  /** Returns when what was written at the sites named (or all) so far is read and flushed, and what is written next is newer. */
  abstract captured(...names: readonly string[]): Promise<void>;

  /** Returns when a site has received everything that another has flushed so far. */
  abstract received(at: string, from: string): Promise<void>;

  /** Heals every link, and waits until every site has applied what every other wrote. */
  abstract settled(): Promise<void>;

  abstract status(site: string): Promise<StageStatus>;

  /** Catches the next call of a site's replicator that names a key or a value. `freeCalls` lets it go. */
  abstract trapCall(site: string, text: string): CallTrap;

  /** The calls of a site's replicator do not arrive. */
  abstract holdCalls(site: string): void;

  /** They do again, and no call is waited for any more. */
  abstract freeCalls(site: string): void;

  /** A site's replicator dies. */
  abstract kill(site: string): Promise<void>;

  /** It is started again. */
  abstract restart(site: string): Promise<void>;

  /** A site's replicator is started, whatever becomes of it. */
  abstract begin(site: string): void;

  /** Waits until a site's replicator has stopped for good, which is no failure then. @returns its state, and why */
  abstract stopped(site: string): Promise<string>;

  /**
   * From the moment at which a site's replicator calls its Redis with a text, nothing that it commits reaches its disk, until
   * it dies. Real disks cannot be told so: there, nothing happens.
   */
  abstract stopFlushing(site: string, text: string): void;

  /** What becomes of the log of a replicator that does not run: a copy is kept, the log is lost, the copy is put in its place. */
  abstract log(site: string, what: 'keep' | 'lose' | 'put back'): void;

  /** A site's server saves what it holds. */
  abstract save(site: string): Promise<void>;

  /** A site's server is killed, and started again with what it has saved, or without it. */
  abstract restartServer(site: string, from: 'saved' | 'nothing'): Promise<void>;

  /** The replica of a site is behind from now on: nothing reaches it any more. */
  abstract holdReplica(site: string): Promise<void>;

  /** A site's server is killed, and its replica is made the master. */
  abstract promote(site: string): Promise<void>;

  /** A site's clock is so far ahead of all others, in milliseconds. */
  abstract setClock(site: string, aheadMs: number): Promise<void>;

  /** A site's server evicts these keys, which have the nearest expiries, and no other. */
  abstract evict(site: string, keys: readonly string[]): Promise<void>;

  /** A site has stopped for good: it is left out of what is said of all. */
  leave(site: string): void {
    this.left.add(site);
  }

  /** A key that no other case uses. */
  key(name: string): string {
    return `${this.#prefix}${name}`;
  }

  /** Runs one command; an error reply is an error. */
  async do(site: string, ...words: StageWords): Promise<Reply> {
    const [reply = null] = await this.send(site, [words]);
    if (reply instanceof Refused) throw new Error(`${site}: ${words.join(' ').slice(0, 200)}: ${reply.message}`);
    return reply;
  }

  /** Runs one command that must be refused; returns the words of the refusal. */
  async refused(site: string, ...words: StageWords): Promise<string> {
    const [reply = null] = await this.send(site, [words]);
    if (!(reply instanceof Refused)) throw new Error(`${site}: ${words.join(' ')} was not refused`);
    return reply.message;
  }

  /** Runs commands as one transaction, none of which may be refused. */
  async transaction(site: string, ...commands: readonly StageWords[]): Promise<readonly Reply[]> {
    const replies = await this.send(site, [['MULTI'], ...commands, ['EXEC']]);
    const results = replies.at(-1);
    if (!Array.isArray(results)) throw new Error(`${site}: the transaction was not executed`);
    return results as readonly Reply[];
  }

  /** Nothing passes between these sites and all others, nor among themselves; without names, between any. */
  apart(...names: readonly string[]): void {
    for (const [one, other] of this.#pairs()) {
      if (names.length > 0 && !names.includes(one) && !names.includes(other)) continue;
      this.cut(one, other);
    }
  }

  /** Every link is whole again. */
  together(): void {
    for (const [one, other] of this.#pairs()) this.join(one, other);
  }

  /** What a site holds of a key. */
  read(site: string, key: string, db = 0): Promise<Found> {
    return readKey((commands) => this.send(site, commands, db), key);
  }

  /** Every site, settled, holds exactly this. `undefined`: it holds no such key. */
  async holds(key: string, content: Content | undefined, expiry: ExpectedExpiry = 'none', db = 0): Promise<void> {
    const expected = showFound({ content, expiry: -1 });
    await this.everySite(`${key} is ${expected}`, async (site) => {
      const found = await this.read(site, key, db);
      const fits = showFound({ content: found.content, expiry: -1 }) === expected && expiryFits(found.expiry, expiry);
      return fits ? undefined : showFound(found);
    });
    if (expiry === 'whatever' || expiry === 'some') await this.same([key], db);
  }

  /** Every site, settled, holds the same of these keys; returns it, in their order. */
  async same(keys: readonly string[], db = 0): Promise<Found[]> {
    let agreed: Found[] = [];
    await this.#inTheEnd(async () => {
      const [first = [], ...others] = await Promise.all(
        this.names.map((site) => Promise.all(keys.map((key) => this.read(site, key, db)))),
      );
      agreed = first;
      return keys.flatMap((key, place) => {
        const all = [first, ...others].map((found) => showFound(found[place] as Found));
        if (all.every((text) => text === all[0])) return [];
        return [`${key} differs: ${this.names.map((name, at) => `${all[at]} at ${name}`).join('; ')}`];
      });
    });
    return agreed;
  }

  /** Every site passes a look, which tells what is wrong. */
  async everySite(what: string, wrongAt: (site: string) => Promise<string | undefined>): Promise<void> {
    await this.#inTheEnd(async () => {
      const found: string[] = [];
      for (const site of this.names) {
        const wrong = await wrongAt(site);
        if (wrong !== undefined) found.push(`${wrong} at ${site}`);
      }
      return found.length === 0 ? [] : [`not so: ${what}; found ${found.join('; ')}`];
    });
  }

  /** Waits until a site no longer holds a key. */
  async gone(site: string, key: string): Promise<void> {
    await this.waitFor(`${key} is gone at ${site}`, async () => (await this.do(site, 'EXISTS', key)) === 0);
  }

  /** A site's counter in its status. */
  async corrections(site: string, kind: string): Promise<number> {
    return (await this.status(site)).corrections[kind] ?? 0;
  }

  async #inTheEnd(wrongs: () => Promise<string[]>): Promise<void> {
    const deadline = this.now() + this.patienceMs;
    for (;;) {
      await this.settled();
      const wrong = await wrongs();
      if (wrong.length === 0) return;
      if (this.now() > deadline) throw new Error(wrong.slice(0, 8).join('\n'));
      await this.pause(50);
    }
  }

  #pairs(): [string, string][] {
    return this.names.flatMap((one, place) =>
      this.names.slice(place + 1).map((other): [string, string] => [one, other]),
    );
  }
}

function expiryFits(found: number, expected: ExpectedExpiry): boolean {
  if (expected === 'whatever') return true;
  if (expected === 'some') return found > 0;
  return found === (expected === 'none' ? -1 : expected);
}
