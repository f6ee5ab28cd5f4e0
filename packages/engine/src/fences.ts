/**
 * Fences: what a local write's arguments do not tell is read from Redis at one place of the stream.
 *
 * A fence is a call of the lane that reads: its marker is the place, its reply the values. Rules
 *  1. An ask is noted in the ledger with the unit that made it, and struck out with the entry that answers it; so a crash
 *     in between repeats it.
 *  2. One fence is on its way at a time. Calls made before it run before it; nothing is decided on the keys it reads until
 *     it has been seen and answered. What was asked meanwhile waits for the next, and other sites' entries go first.
 *  3. When its marker is seen before its reply is there, the stream waits. A fence without a reply is repeated.
 *  4. Local ops on a key that is asked for whole are not told by themselves: they are in what will be read.
 */
import {
  type Ask,
  type ByteString,
  Effects,
  homeKeysOf,
  type ReplyValue,
  type SeenOf,
  type SiteRules,
  type Stamp,
} from '@entwine/core';
import { type ApplyLane, type Batch, ownBatch } from './apply-lane.ts';
import type { Checks } from './checks.ts';
import type { Corrections } from './corrections.ts';
import { FenceAnswers } from './fence-answers.ts';
import type { StoredAsk } from './ledger.ts';
import { OpenAsks } from './open-asks.ts';
import type { Shard } from './shard.ts';

/** Keys that one fence reads at most. */
const maxFenceKeys = 64;
/** Keys looked at by one fence that lists them. */
const scanned = 1000;
/** Elements read at the end of a list to which others were moved. */
const maxMoved = 64;

interface Fence {
  readonly batch: Batch;
  readonly asks: readonly Ask[];
  values: readonly ReplyValue[] | undefined;
  answered: boolean;
  /** The last reply was a failure: it may have run all the same. */
  failed: boolean;
  seen: boolean;
}

/** What the fences tell. */
export interface FencesHost {
  /** The stream may go on, or a fence is ready to be answered. */
  fenceAnswered(): void;
}

/** The asks and fences of one shard. */
export class Fences {
  readonly #shard: Shard;
  readonly #lane: ApplyLane;
  readonly #host: FencesHost;
  readonly #open = new OpenAsks();
  #sent: Fence | undefined;
  #keys = new Set<string>();
  /** Lists of which an end is to be read. */
  readonly #moving = new Set<string>();

  constructor(shard: Shard, lane: ApplyLane, host: FencesHost) {
    this.#shard = shard;
    this.#lane = lane;
    this.#host = host;
    for (const stored of shard.ledger.asks) {
      const ask = askOf(stored, shard.rules);
      if (ask.type === 'database') shard.model.databases.ask(ask.db);
      this.add([ask]);
    }
  }

  /** Keys that are to be read. */
  get outstanding(): number {
    return this.#open.size + (this.#sent?.asks.length ?? 0);
  }

  /** Whether a fence is on its way: nothing may be decided on its keys. */
  get isSent(): boolean {
    return this.#sent !== undefined;
  }

  /** Whether the stream has to wait for a reply. */
  get holdsStream(): boolean {
    return this.#sent?.seen === true && !this.#sent.answered;
  }

  /** Whether a fence has been seen and can be answered, or has to be repeated. */
  get isReady(): boolean {
    return this.#sent?.seen === true && this.#sent.answered;
  }

  /** Whether a key is being read. */
  reads(db: number, key: ByteString): boolean {
    const id = `${db} ${key}`;
    return this.#keys.has(id) || this.#moving.has(id);
  }

  /** Takes asks in. */
  add(asks: readonly Ask[]): void {
    const { rules } = this.#shard;
    for (const ask of asks) {
      if (rules !== undefined && !mayBeTold(rules, ask)) continue;
      if (ask.type === 'state') this.#addState(ask);
      else if (ask.type === 'moved') this.#addMoved(ask);
      else this.#open.add(ask);
    }
  }

  #addState(ask: Extract<Ask, { type: 'state' }>): void {
    this.#shard.model.ask(ask.db, ask.key, ask.overwrites, ask.again);
    this.#open.add(ask);
  }

  /** Several elements moved to one end stand there together; to both ends, nobody can tell which. */
  #addMoved(ask: Extract<Ask, { type: 'moved' }>): void {
    if (this.#open.movesTo(ask.db, ask.key).some(({ left }) => left !== ask.left)) {
      this.#shard.model.answeredParts(ask.db, ask.key, 1);
      this.#addState({ type: 'state', db: ask.db, key: ask.key, overwrites: false });
      return;
    }
    this.#open.add(ask);
    this.#moving.add(`${ask.db} ${ask.key}`);
  }

  /** What has to be remembered of the asks that are open. */
  stored(): readonly StoredAsk[] {
    return this.#open.stored(this.#sent?.asks ?? []);
  }

  /** Sends the next fence, if one is due. */
  pump(): void {
    if (this.#sent !== undefined || this.#open.size === 0 || !this.#lane.isOpen) return;
    const effects = new Effects();
    const asks = this.#open.take(maxFenceKeys);
    for (const ask of asks) {
      const id = `${ask.db} ${ask.key}`;
      this.#keys.add(id);
      this.#moving.delete(id);
      // The moves to one list are read at once.
      if (ask.type !== 'moved' || asks.find((other) => sameMove(other, ask)) === ask) read(effects, ask);
    }
    const fence: Fence = {
      batch: ownBatch(effects.args, (values) => this.#answered(fence, values)),
      asks,
      values: undefined,
      answered: false,
      failed: false,
      seen: false,
    };
    this.#sent = fence;
    this.#lane.send(fence.batch);
  }

  /** A call that failed and was not seen is sent again by the lane, unless it is seen first. */
  #answered(fence: Fence, values: readonly ReplyValue[] | undefined): void {
    if (fence !== this.#sent) return;
    fence.values = values;
    fence.failed = values === undefined;
    fence.answered = !fence.failed || fence.seen;
    if (!fence.answered) return;
    if (fence.seen) this.#host.fenceAnswered();
  }

  /** A fence's marker was seen. */
  seen(batch: Batch): void {
    if (this.#sent?.batch !== batch) return;
    this.#sent.seen = true;
    if (this.#sent.failed) this.#sent.answered = true;
  }

  /** The stream broke off: a fence that was seen and not answered is no longer worth waiting for. */
  detached(): void {
    if (this.#sent?.seen === true) this.#repeat(this.#sent);
  }

  #repeat(fence: Fence): void {
    this.#sent = undefined;
    this.#keys = new Set();
    this.#open.putBack(fence.asks);
  }

  /**
   * Answers the fence that was seen: merges what was read and returns what came of it; undefined when it has to be repeated.
   * @param stamp - of the entry that the ops become.
   * @param seen - what this site has seen of its peers' writes on a key.
   * @param corrections - those on their way: a key that is being corrected is read again.
   * @param checks - what becomes of keys that are compared.
   */
  answer(stamp: Stamp, seen: SeenOf, corrections: Corrections, checks: Checks): FenceAnswers | undefined {
    const fence = this.#sent!;
    const { values } = fence;
    if (values === undefined) {
      this.#repeat(fence);
      return undefined;
    }
    this.#sent = undefined;
    this.#keys = new Set();
    const answers = new FenceAnswers(this.#shard, stamp, seen, corrections, checks);
    let at = 0;
    for (const [n, ask] of fence.asks.entries()) {
      if (ask.type === 'moved' && fence.asks.findIndex((other) => sameMove(other, ask)) < n) continue;
      const moves = ask.type === 'moved' ? [...fence.asks, ...this.#takeMoves(ask)] : [];
      at += answers.take(
        ask,
        values,
        at,
        moves.filter((other) => sameMove(other, ask)),
      );
    }
    this.#askAgain(fence.asks);
    this.add(answers.asks);
    return answers;
  }

  /** Keys that were asked for again while the fence was on its way are still to be read: they are not told by parts until then. */
  #askAgain(answered: readonly Ask[]): void {
    for (const { db, key } of answered) {
      const again = this.#open.wholeOf(db, key);
      if (again?.type === 'state') this.#shard.model.ask(db, key, again.overwrites, again.again);
    }
  }

  /** Moves to a list that were seen after the fence was sent: what it read has them already. */
  #takeMoves(ask: Ask): readonly Ask[] {
    const taken = this.#open.takeMovesTo(ask.db, ask.key);
    this.#moving.delete(`${ask.db} ${ask.key}`);
    return taken;
  }
}

function sameMove(a: Ask, b: Ask): boolean {
  return a.type === 'moved' && b.type === 'moved' && a.db === b.db && a.key === b.key;
}

function read(effects: Effects, ask: Ask): void {
  effects.select(ask.db);
  switch (ask.type) {
    case 'state':
    case 'refill':
    case 'check':
    case 'compare':
      effects.read('DUMP', ask.key);
      effects.read('PEXPIRETIME', ask.key);
      return;
    case 'scores':
      effects.read('ZMSCORE', ask.key, ...ask.members.map(([member]) => member));
      return;
    case 'fields':
      effects.read('HMGET', ask.key, ...ask.fields);
      return;
    case 'homes': {
      const pattern = ask.patterns?.[0];
      if (pattern === undefined) effects.read('INFO', 'keyspace');
      else effects.read('SCAN', ask.cursor, 'MATCH', pattern, 'COUNT', String(scanned));
      return;
    }
    case 'moved':
      effects.read('LRANGE', ask.key, ...(ask.left ? ['0', String(maxMoved - 1)] : [String(-maxMoved), '-1']));
      return;
    case 'trimmed':
      effects.read('XRANGE', ask.key, '-', '+', 'COUNT', '1');
      return;
    case 'database':
      effects.read('KEYS', '*');
  }
}

/** Whether what an ask reads may be told. What only decides on a question of ours may be read at any rate. */
function mayBeTold(rules: SiteRules, { type, db, key }: Ask): boolean {
  return type === 'compare' || type === 'database' || rules.tells(db, key);
}

/** Asks for the keys whose home this site is, under the name by which another site has asked. */
export function homesAsk(rules: SiteRules, db: number, key: ByteString): Ask {
  const all = key === homeKeysOf(rules.site, true);
  return { type: 'homes', db, key, patterns: all ? null : rules.homePatterns(db), cursor: '0' };
}

/** An ask of an earlier process. */
function askOf({ db, key, what, overwrites, again }: StoredAsk, rules: SiteRules | undefined): Ask {
  if (what === 'homes' && rules !== undefined) return homesAsk(rules, db, key);
  return what === 'database'
    ? { type: 'database', db, key }
    : { type: 'state', db, key, overwrites, ...(again && { again }) };
}
