/**
 * Checks: what several sites have written to, in ways that do not merge cell by cell, is compared once it is at rest.
 *
 * The site of the highest priority tells: it reads such a key behind a fence and ships a digest. Each other site reads the key
 * too, behind a fence of its own, unless it knows of anything newer (of which the site that tells hears, and tells again). Where the
 * digests differ, it asks for the key's state, and that is what every site holds from then on. So a key that ends
 * unequal, by whatever accident, is repaired, counted, and told in the log.
 *
 * Rules: nothing is compared while it is written to, nor before every peer has been heard up to the key's last write, at the
 * site that tells and at the one that compares: sites that know different writes differ rightly, and what one of them lacks
 * would be lost. So a peer that is away puts comparisons off, and so does one that is being declared out, until it is. Keys that are equal cost one read at each site and an entry of
 * some bytes. A key that stays unequal after `maxRepairs` is left alone, with an alarm. Values of modules are not compared,
 * nor are keys that this site has evicted, nor those about to expire.
 */
import {
  type Ask,
  type Covers,
  contentDigest,
  type Expiry,
  isReturning,
  type KeyContent,
  type KeyState,
  type Op,
  type Stamp,
  type Time,
  unixOfTime,
  type Version,
} from '@entwine/core';
import type { Fences } from './fences.ts';
import type { Shard } from './shard.ts';

/** Keys compared on one heartbeat. */
const maxSweep = 128;
/** Bytes of values read for comparing, per second; a larger value delays what follows. */
const maxBytesPerSecond = 8 * 1024 * 1024;
/** A key that expires sooner than this is not worth it. */
const expiringMs = 2000;
/** How often a key is asked for before it is left as it is. */
const maxRepairs = 3;
/** Keys of which repairs are remembered. */
const maxRemembered = 1000;

type Compare = Extract<Ask, { type: 'compare' }>;

/** A key that was told for others to compare. */
interface Told {
  readonly db: number;
  readonly key: string;
  readonly time: Time;
  /** Up to when every other site had been heard by then. */
  readonly heard: Time;
}

/** The comparisons of one shard. */
export class Checks {
  readonly #shard: Shard;
  readonly #fences: Fences;
  /** By database and key: how often it was found unequal in a row. */
  readonly #unequal = new Map<string, number>();
  /** By database and key: told by a site that had heard more of another one than we have, or may know one to be out. */
  readonly #early = new Map<string, Compare>();
  /** By database and key: when it was last told for others to compare. */
  readonly #told = new Map<string, Time>();
  /** The same as long as somebody may write without knowing of it: who compares knows of something newer then, and leaves it. */
  readonly #recent = new Map<string, Told>();
  /** Bytes that may be read now, and when that was reckoned. */
  #credit = maxBytesPerSecond;
  #reckoned = 0;

  constructor(shard: Shard, fences: Fences) {
    this.#shard = shard;
    this.#fences = fences;
  }

  /** Whether this site tells: of those that count, it has the highest priority. */
  get #leads(): boolean {
    const { limits, options, outcasts } = this.#shard;
    if (!Number.isFinite(limits.compareAfterMs)) return false;
    return options.peers.every(({ site, priority }) => priority < options.priority || outcasts.isOut(site));
  }

  /** Keys that are to be compared. */
  get outstanding(): number {
    return this.#early.size + (this.#leads ? this.#shard.model.contended.size + this.#recent.size : 0);
  }

  /**
   * On a timer: asks for what is at rest, and compares what has been waited for.
   * @param idle - nothing of ours is on its way to Redis.
   */
  sweep(idle: boolean): void {
    const { model, rules } = this.#shard;
    for (const [id, ask] of this.#early) {
      if (!this.#mayCompare(ask.covers)) continue;
      this.#early.delete(id);
      this.#fences.add([ask]);
    }
    if (!this.#leads) {
      model.contended.clear();
      this.#recent.clear();
      return;
    }
    this.#findOvertaken();
    const now = this.#shard.now();
    this.#credit = Math.min(maxBytesPerSecond, this.#credit + ((now - this.#reckoned) / 1000) * maxBytesPerSecond);
    this.#reckoned = now;
    if (this.#credit <= 0) return;
    const heard = this.#oldest();
    let left = maxSweep;
    for (const state of model.contended) {
      if (left === 0) return;
      if (rules !== undefined && !(rules.tells(state.db, state.key) && rules.takes(state.db, state.key))) {
        model.contended.delete(state);
        continue;
      }
      if (now - unixOfTime(state.newest) < this.#shard.limits.compareAfterMs || state.newest > heard) continue;
      if (isBusy(state) && !(idle && this.#release(state))) continue;
      left--;
      model.contended.delete(state);
      this.#fences.add([{ type: 'check', db: state.db, key: state.key }]);
    }
  }

  /** Keys that were written to while they were being told are told again; the others when all sites have settled that. */
  #findOvertaken(): void {
    const { model } = this.#shard;
    for (const [id, { db, key, time, heard }] of this.#recent) {
      const state = model.find(db, key);
      const isOvertaken = state !== undefined && state.newest > Math.min(time, heard);
      if (isOvertaken) model.contend(state);
      if (isOvertaken || model.cut >= time) this.#recent.delete(id);
    }
  }

  /**
   * A key that waits for something while nothing is on its way: what it waits for was dropped (by a flush, say). Returns whether
   * it waits no longer.
   */
  #release(state: KeyState): boolean {
    if (state.wanted !== undefined) {
      // A local write made it wanted; nobody has been asked yet.
      this.#shard.model.wanting.add(state);
      return false;
    }
    if (state.asked > 0) {
      const { db, key, asked, unsaid } = state;
      this.#fences.add([{ type: 'state', db, key, overwrites: asked === 2, ...(!unsaid && { again: true }) }]);
      return false;
    }
    state.shadow = undefined;
    state.inFlight = 0;
    state.partAsks = 0;
    for (const add of state.adds ?? []) add.returning = false;
    return true;
  }

  /** Another site tells what a key holds there. */
  received({ db, key, digest, covers, index }: Extract<Op, { type: 'check' }>, { time, priority }: Stamp): void {
    const ask: Compare = { type: 'compare', db, key, digest, covers, version: { time, priority, index } };
    const id = `${db} ${key}`;
    this.#early.delete(id);
    if (this.#mayCompare(covers)) this.#fences.add([ask]);
    else this.#early.set(id, ask);
    // Whatever is dropped is compared when it has been written to again.
    if (this.#early.size > maxRemembered) this.#early.delete(this.#early.keys().next().value!);
  }

  /** Up to when every site that counts has been heard. @param covers - here, unless told. */
  #oldest(covers: Covers = this.#shard.heard()): Time {
    const { outcasts } = this.#shard;
    return oldest(covers.filter(([priority]) => !outcasts.isOutPriority(priority)));
  }

  /** Whether this site has heard as much of every other one, and is as far with those that are declared out. */
  #mayCompare(covers: Covers): boolean {
    if (this.#shard.outcasts.isUnderWay) return false;
    const heard = new Map(this.#shard.heard());
    return covers.every(([priority, time]) => {
      const known = heard.get(priority);
      return known === undefined || known >= time;
    });
  }

  /** Whether this site has heard of one (or is one) that the teller has heard nothing of. */
  #hasHeardMore(covers: Covers): boolean {
    const heard = new Map(this.#shard.heard());
    return covers.some(([priority, time]) => time === 0 && heard.get(priority) !== 0);
  }

  /** What a key holds here, for others; undefined when it is not worth telling. */
  digest(state: KeyState | undefined, content: KeyContent | null, expiry: Expiry, bytes: number): string | undefined {
    this.#credit -= bytes;
    if (state !== undefined && (isBusy(state) || state.newest > this.#oldest())) {
      this.#shard.model.contend(state);
      return undefined;
    }
    return expiry !== null && expiry < this.#shard.now() + expiringMs ? undefined : contentDigest(content, expiry);
  }

  /** Notes that a key was told for others to compare. */
  noteTold(db: number, key: string, time: Time): void {
    const id = `${db} ${key}`;
    this.#told.delete(id);
    this.#told.set(id, time);
    if (this.#told.size > maxRemembered) this.#told.delete(this.#told.keys().next().value!);
    this.#recent.set(id, { db, key, time, heard: this.#oldest() });
    if (this.#recent.size > maxRemembered) this.#recent.delete(this.#recent.keys().next().value!);
  }

  /** Whether a version is that of the last comparison of a key, told from here. */
  isTold(db: number, key: string, { time, priority }: Version): boolean {
    return priority === this.#shard.options.priority && this.#told.get(`${db} ${key}`) === time;
  }

  /** Compares what another site told with what the key holds here. Returns whether it has to be asked for. */
  differs(ask: Compare, state: KeyState | undefined, content: KeyContent | null, expiry: Expiry): boolean {
    const { db, key, covers, version, digest } = ask;
    const { model, tallies, alarms } = this.#shard;
    const isNewer =
      state !== undefined && (isBusy(state) || state.newest > Math.min(version.time, this.#oldest(covers)));
    if (isNewer || this.#hasHeardMore(covers) || content?.kind === 'module' || model.evicted.has(db, key)) return false;
    const id = `${db} ${key}`;
    if (contentDigest(content, expiry) === digest) {
      this.#unequal.delete(id);
      return false;
    }
    const times = (this.#unequal.get(id) ?? 0) + 1;
    this.#unequal.delete(id);
    this.#unequal.set(id, times);
    if (this.#unequal.size > maxRemembered) this.#unequal.delete(this.#unequal.keys().next().value!);
    if (times > maxRepairs) {
      alarms.raise(
        'unequal',
        `key ${JSON.stringify(key)} in database ${db} differs from another site's and could not be repaired`,
      );
      return false;
    }
    tallies.add('corrections', 'repair');
    this.#shard.emit('warn', 'a key held something else than at another site, and is taken over from there', {
      db,
      key,
    });
    return true;
  }
}

/** Up to when every site has been heard. One of which nothing has ever been heard has written nothing. */
function oldest(heard: Covers): Time {
  let time = Number.POSITIVE_INFINITY;
  for (const [, until] of heard) if (until > 0 && until < time) time = until;
  return time;
}

/** Whether something is on its way to the key, or still to be read or to come. */
function isBusy(state: KeyState): boolean {
  return (
    state.inFlight > 0 ||
    state.shadow !== undefined ||
    state.asked > 0 ||
    state.partAsks > 0 ||
    state.wanted !== undefined ||
    isReturning(state)
  );
}
