/** Answers: what a fence read, as ops. */
import {
  type Ask,
  type ByteString,
  type Covers,
  type Expiry,
  expiredAt,
  expiryOf,
  findCell,
  fromByteString,
  indicesOf,
  isChainLive,
  isEnded,
  isReturning,
  type KeyContent,
  type KeyState,
  kinds,
  mayRefill,
  type Op,
  type OwnAdd,
  parseStreamId,
  type ReplyValue,
  reservedPrefix,
  type SeenOf,
  type Stamp,
  toByteString,
  type Version,
} from '@entwine/core';
import type { Checks } from './checks.ts';
import type { Corrections } from './corrections.ts';
import { nextToAsk } from './evicted-questions.ts';
import { homesFound } from './homes-found.ts';
import { contentOfDump, textOf } from './key-content.ts';
import type { Shard } from './shard.ts';

/** Turns what was read into ops, and merges them. */
export class FenceAnswers {
  readonly ops: Op[] = [];
  /** What has to be read in its turn. */
  readonly asks: Ask[] = [];
  /** Keys that hold something else than at another site, with the version at which that told. */
  readonly wants: { readonly db: number; readonly key: ByteString; readonly version: Version }[] = [];
  /** What commands of ours had added and another site's may have taken away unknowingly, and is not there. */
  readonly lost: Map<KeyState, readonly OwnAdd[]> = new Map();
  /** Keys that every site has evicted, with what calls of ours have left of them here. */
  readonly leftOver: KeyState[] = [];
  readonly #shard: Shard;
  readonly #stamp: Stamp;
  readonly #seen: SeenOf;
  readonly #corrections: Corrections;
  readonly #checks: Checks;
  /** Keys that this fence has read whole: what was asked of their parts is in that. */
  readonly #whole = new Set<KeyState>();
  #index = 0;

  constructor(shard: Shard, stamp: Stamp, seen: SeenOf, corrections: Corrections, checks: Checks) {
    this.#shard = shard;
    this.#corrections = corrections;
    this.#checks = checks;
    this.#stamp = stamp;
    this.#seen = seen;
  }

  /** Takes an ask's values up. Returns how many they were. @param moves - all the moves that an ask of one stands for. */
  take(ask: Ask, values: readonly ReplyValue[], at: number, moves: readonly Ask[]): number {
    const value = values[at] ?? null;
    const state = this.#shard.model.find(ask.db, ask.key);
    switch (ask.type) {
      case 'state':
        // A call of ours may have taken away what a local writer had just written; it is being put back.
        if (state !== undefined && (this.#isBeingCorrected(state) || this.#hasLost(state, value))) this.asks.push(ask);
        else this.#state(ask, value, values[at + 1] ?? null);
        return 2;
      case 'refill':
        this.#refill(ask, state, value, values[at + 1] ?? null);
        return 2;
      case 'check':
        this.#check(ask, state, value, values[at + 1] ?? null);
        return 2;
      case 'compare': {
        const { content, expiry } = read(value, values[at + 1] ?? null);
        if (this.#checks.differs(ask, state, content, expiry)) this.wants.push(ask);
        return 2;
      }
      case 'scores':
        this.#shard.model.answeredParts(ask.db, ask.key, 1);
        if ((state?.asked ?? 0) === 0) this.#scores(ask, value);
        return 1;
      case 'fields':
        // A call of ours may have taken away what a local writer had just written; it is being put back.
        if (state !== undefined && this.#isBeingCorrected(state)) this.asks.push(ask);
        else {
          this.#shard.model.answeredParts(ask.db, ask.key, 1);
          if ((state?.asked ?? 0) === 0) this.#fields(ask, value);
        }
        return 1;
      case 'homes':
        this.asks.push(...homesFound(ask, value, this.#shard.rules));
        return 1;
      case 'moved':
        this.#shard.model.answeredParts(ask.db, ask.key, moves.length);
        if (state?.asked === 0 && !this.#whole.has(state)) this.#moved(ask, value, moves, state);
        return 1;
      case 'trimmed':
        if ((state?.asked ?? 0) === 0) this.#trimmed(ask, value);
        return 1;
      case 'database':
        this.#shard.model.databases.answered(ask.db);
        for (const key of listOf(value).map((bytes) => toByteString(bytes))) {
          if (key.startsWith(reservedPrefix)) continue;
          this.asks.push({ type: 'state', db: ask.db, key, overwrites: false, listed: true });
        }
        return 1;
    }
  }

  /** Tells what the key holds here, where it was renewed: that is no write either. */
  #refill(ask: Extract<Ask, { type: 'refill' }>, state: KeyState | undefined, dump: ReplyValue, at: ReplyValue): void {
    const { db, key, version } = ask;
    // It will be told whole.
    if (state !== undefined && state.asked > 0) return;
    if (state !== undefined && this.#isBeingCorrected(state)) {
      this.asks.push(ask);
      return;
    }
    const { content, expiry } = read(dump, at);
    if (content === null || state === undefined || !mayRefill(state, version)) {
      this.#ask(db, key);
      return;
    }
    this.ops.push({ type: 'refill', db, index: this.#index++, key, content, expiry, cut: this.#shard.model.cut });
    this.#shard.model.noteTold(state, this.#stamp.time);
  }

  /** Tells others what the key holds here, unless it was evicted, which says nothing. That is no write: it is not merged. */
  #check(
    { db, key }: Extract<Ask, { type: 'check' }>,
    state: KeyState | undefined,
    dump: ReplyValue,
    at: ReplyValue,
  ): void {
    if (this.#shard.model.evicted.has(db, key)) return;
    const { content, expiry } = read(dump, at);
    const bytes = dump instanceof Uint8Array ? dump.length : 0;
    const digest = this.#checks.digest(state, content, expiry, bytes);
    if (digest === undefined) return;
    this.ops.push({ type: 'check', db, index: this.#index++, key, digest, covers: this.#shard.heard() });
    this.#checks.noteTold(db, key, this.#stamp.time);
  }

  /** Whether something endangered is missing: it is added again before the key is told. */
  #hasLost(state: KeyState, dump: ReplyValue): boolean {
    const endangered = state.adds?.filter((add) => add.endangered) ?? [];
    if (endangered.length === 0) return false;
    for (const add of endangered) add.endangered = false;
    const content = dump instanceof Uint8Array ? contentOfDump(dump) : null;
    if (content !== null && content.kind !== 'list') return false;
    const held = new Set(content?.elements.map((element) => toByteString(element)));
    const gone = endangered.filter((add) => add.kind === 'list' && !held.has(toByteString(add.args.at(-1)!)));
    for (const add of gone) add.returning = true;
    state.mayReturn = true;
    if (gone.length > 0) this.lost.set(state, gone);
    return gone.length > 0;
  }

  #isBeingCorrected(state: KeyState): boolean {
    return (
      (state.shadow !== undefined && !state.shadow.isIdle) || isReturning(state) || this.#corrections.concerns(state)
    );
  }

  #state(ask: Extract<Ask, { type: 'state' }>, dump: ReplyValue, expiry: ReplyValue): void {
    const { db, key, overwrites } = ask;
    const covers = overwrites ? null : this.#seen(db, key);
    const state = this.#shard.model.answered(db, key);
    if (state !== undefined) this.#whole.add(state);
    // Evicted before it was read, or what has been added since: another site has to tell it, and what is missing there is added again.
    if ((dump === null || !overwrites) && this.#shard.model.evicted.has(db, key)) {
      const priority = nextToAsk(this.#shard, db, key);
      if (priority !== undefined) this.wants.push({ db, key, version: { time: this.#stamp.time, priority, index: 0 } });
      // Nobody has it whole: what was asked of a site that is out since does not come.
      else if (state !== undefined) state.wanted = undefined;
      if (priority !== undefined || dump === null) return;
      if (state !== undefined && this.#shard.model.evicted.isLeftOver(db, key)) {
        this.leftOver.push(state);
        return;
      }
      this.#shard.model.evicted.end(db, key);
    }
    const content = dump instanceof Uint8Array ? contentOfDump(dump) : emptied(state);
    if (state !== undefined) this.#noteMoved(state, overwrites ? null : content);
    const isGone = content === null && covers !== null && state !== undefined;
    // Who has compared it and holds something else is told that it is gone, whatever was to become of it there.
    const expired = isGone && ask.settles !== true ? (expiredAt(state) ?? this.#due(state)) : null;
    // What it holds elsewhere is on its way here too: there is nothing to tell, and who asks will ask again.
    const wanted = expired === null ? undefined : this.#awaited(state);
    // A local write or an earlier process may have wanted it, with nobody asked.
    if (wanted !== undefined) this.#shard.model.wanting.add(state!);
    if (wanted !== undefined && ask.mutual !== true) return;
    const again = state?.unsaid === false && !overwrites;
    if (state !== undefined) state.unsaid = false;
    this.#add({
      type: 'state',
      db,
      index: this.#index,
      key,
      content,
      expiry: dump !== null ? readExpiry(expiry, state) : expired,
      // Two that ask each other would wait for ever. It has expired here, and that was without what was asked for.
      covers: wanted === undefined || covers === null ? covers : covers.map((seen) => before(seen, wanted)),
      ...(again && { again: true }),
    });
    if (wanted !== undefined) state!.wanted = wanted;
    // An expiry that came when the key was gone is not what was read; a call on its way may yet bring it.
    const isRead = content !== null && expiry === -1 && !overwrites && state?.inFlight === 0;
    if (isRead && state.shadow === undefined && expiryOf(state) !== null)
      this.#add({ type: 'expire', db, index: this.#index, key, at: null });
  }

  /** What is waited for: nothing of a site that is out, nor where it has ended since. */
  #awaited(state: KeyState | undefined): Version | undefined {
    const wanted = state?.wanted;
    if (wanted === undefined || this.#shard.outcasts.isOutPriority(wanted.priority)) return undefined;
    return isEnded(state!, wanted) ? undefined : wanted;
  }

  /** When a key was to expire, where that is over: it is no delete that its end has not been seen yet, or was an eviction once. */
  #due(state: KeyState): Expiry {
    const at = expiryOf(state);
    return at !== null && at <= this.#shard.now() ? at : null;
  }

  /**
   * Which elements were moved to the key only its ends tell. They are noted as added by us, so that they are added again where
   * another site's content takes the place of ours. One too many is better than one lost.
   */
  #noteMoved(state: KeyState, content: KeyContent | null): void {
    const { db, key, movedLeft, movedRight, adds } = state;
    state.movedLeft = 0;
    state.movedRight = 0;
    state.movesTaken = false;
    if (content?.kind !== 'list' || movedLeft + movedRight === 0) return;
    const known = new Set(adds?.map(({ args }) => toByteString(args.at(-1)!)));
    const { elements } = content;
    const note = (command: string, element: Uint8Array): void => {
      if (known.has(toByteString(element))) return;
      const args = [fromByteString(command), fromByteString(key), element];
      this.#add({ type: 'guarded', db, index: this.#index, key, kind: 'list', base: null, args, adds: true });
    };
    for (const element of elements.slice(0, movedLeft).reverse()) note('LPUSH', element);
    const right = Math.max(movedLeft, elements.length - movedRight);
    for (const element of elements.slice(right)) note('RPUSH', element);
  }

  #scores({ db, key, members }: Extract<Ask, { type: 'scores' }>, value: ReplyValue): void {
    const held = Array.isArray(value) ? (value as readonly ReplyValue[]) : [];
    const state = this.#shard.model.find(db, key);
    let isMissing = false;
    members.forEach(([member, wanted], n) => {
      const text = held[n];
      const score = text === null || text === undefined ? undefined : scoreOf(text);
      if (score === undefined) isMissing = true;
      if (score === undefined) return;
      if (wanted !== null && score !== wanted && !isAddedTo(state, member, score - wanted)) return;
      this.#add({ type: 'score', db, index: this.#index, key, member, score });
    });
    if (isMissing) this.#wantChain(db, key);
  }

  #fields({ db, key, fields }: Extract<Ask, { type: 'fields' }>, reply: ReplyValue): void {
    const held = Array.isArray(reply) ? (reply as readonly ReplyValue[]) : [];
    fields.forEach((field, n) => {
      const value = held[n];
      if (value instanceof Uint8Array) this.#add({ type: 'field', db, index: this.#index, key, field, value });
    });
  }

  /** Another site's pop has taken what was never told, and so not what it took there: that site has to say what is left. */
  #wantChain(db: number, key: ByteString): void {
    const { model } = this.#shard;
    const state = model.find(db, key);
    if (state?.chain?.kind !== 'zset' || model.isOwn(state.chain.version) || !isChainLive(state, kinds.zset)) return;
    this.wants.push({ db, key, version: state.chain.version });
  }

  /** What was pushed stands at the end it was pushed to, the last one outermost. */
  #moved(
    { db, key, left }: Extract<Ask, { type: 'moved' }>,
    value: ReplyValue,
    moves: readonly Ask[],
    state: KeyState,
  ): void {
    const held = listOf(value);
    const oneEnd = moves.every((move) => move.type === 'moved' && move.left === left);
    // A call of ours may have pushed there between the move and the fence, and have been seen since.
    const isPushedOver = state.movedLeft + state.movedRight !== moves.length;
    const isPart = !oneEnd || held.length < moves.length || state.movesTaken || isPushedOver;
    if (isPart || state.inFlight > 0 || state.shadow !== undefined) {
      this.#ask(db, key);
      return;
    }
    const pushed = left ? held.slice(0, moves.length).reverse() : held.slice(held.length - moves.length);
    const args = [fromByteString(left ? 'LPUSH' : 'RPUSH'), fromByteString(key), ...pushed];
    state.movedLeft = 0;
    state.movedRight = 0;
    const base = this.#shard.model.stand(db, key, 'list');
    this.#add({ type: 'guarded', db, index: this.#index, key, kind: 'list', base, args, adds: true });
  }

  #trimmed({ db, key }: Extract<Ask, { type: 'trimmed' }>, value: ReplyValue): void {
    const [first] = Array.isArray(value) ? (value as readonly ReplyValue[]) : [];
    const text = Array.isArray(first) ? (first[0] as ReplyValue) : undefined;
    const before = text === undefined || text === null ? undefined : parseStreamId(textOf(text));
    if (before === undefined) this.#ask(db, key);
    else this.#add({ type: 'trim', db, index: this.#index, key, before });
  }

  #ask(db: number, key: ByteString): void {
    this.asks.push({ type: 'state', db, key, overwrites: false });
  }

  #add(op: Op): void {
    this.ops.push(op);
    this.#index += indicesOf(op);
    this.#shard.model.mergeLocal(op, this.#stamp);
  }
}

/** Whether increments of others, that came before a score was read, come to this: they were run upon the score. */
function isAddedTo(state: KeyState | undefined, member: ByteString, by: number): boolean {
  const sums = (state && findCell(state, kinds.zset, member)?.counts)?.map(({ sum }) => Number(sum)) ?? [];
  return sums.includes(by) || (sums.length > 1 && sums.reduce((all, sum) => all + sum) === by);
}

/** What was seen of a site, as far as it was before a version. */
function before([site, time]: Covers[number], { time: limit, priority }: Version): Covers[number] {
  return [site, site === priority ? Math.min(time, limit - 1) : time];
}

/** What a key holds, by elements, and when it expires. */
function read(dump: ReplyValue, at: ReplyValue): { readonly content: KeyContent | null; readonly expiry: Expiry } {
  if (!(dump instanceof Uint8Array)) return { content: null, expiry: null };
  return { content: contentOfDump(dump), expiry: readExpiry(at) };
}

/**
 * When a key expires, as a script was told it: a double. Beyond what that tells exactly it is what the key's register holds,
 * if it can be.
 */
function readExpiry(reply: ReplyValue, state?: KeyState): Expiry {
  const at = Number(reply);
  if (at <= Number.MAX_SAFE_INTEGER) return at >= 0 ? at : null;
  const known = state?.expiry;
  return typeof known === 'bigint' && Number(known) === at ? known : BigInt(at);
}

/**
 * What a key holds that is gone: where commands were run one upon the other that have emptied it, an empty list (or sorted
 * set), which takes the place of what others have there; else nothing.
 */
function emptied(state: KeyState | undefined): KeyContent | null {
  const kind = state?.chain?.kind;
  if (kind === 'list' && isChainLive(state!, kinds.list)) return { kind, elements: [] };
  return kind === 'zset' && isChainLive(state!, kinds.zset) ? { kind, members: [] } : null;
}

function listOf(value: ReplyValue): readonly Uint8Array[] {
  return Array.isArray(value) ? (value as readonly Uint8Array[]) : [];
}

function scoreOf(value: ReplyValue): number {
  const text = textOf(value);
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  return text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
