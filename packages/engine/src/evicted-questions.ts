/**
 * Questions for keys that the local server has evicted. Such a key cannot be told: that would take it away elsewhere.
 *
 * Rules
 *  1. Who asks is answered with a want that is `untold`, and asks for nothing.
 *  2. Another site is asked instead, first the one that asks: what it holds stands then, or what another answers.
 *  3. A site that is asked says `untold` where it has evicted the key too, or must not tell it. Then the next is asked; and the
 *     next likewise, where the question comes again and no answer has come.
 *  4. Only when every site that is not out has said so, nobody has the key whole: it is what applications have added to it since,
 *     which their site tells. Who has nothing of it tells nothing: another one may. What calls of ours alone have left of it is
 *     deleted here. However long a site is silent, it may hold the key.
 *  5. What comes of it is told to all. So a site that must not tell the key, and is told `untold`, waits no longer.
 *  6. A site that holds the key and is told `untold` tells it: who said so may have heard the same of it, before what made the
 *     key whole here came.
 */
import type { KeyState, Version } from '@entwine/core';
import type { Shard } from './shard.ts';

/** What it has others do. */
export interface EvictedQuestionsHost {
  /** Asks the site of a version for a key. */
  want(db: number, key: string, version: Version): void;
  /** Says to a site that a key cannot be told. */
  sayUntold(db: number, key: string, to: Version): void;
  /** Reads a key, and tells (or deletes) what there is of it. */
  tell(db: number, key: string): void;
}

/** Asks for the evicted keys of one shard. */
export class EvictedQuestions {
  readonly #shard: Shard;
  readonly #host: EvictedQuestionsHost;

  constructor(shard: Shard, host: EvictedQuestionsHost) {
    this.#shard = shard;
    this.#host = host;
  }

  /**
   * A site asks for a key, at a version. Returns false where the key was not evicted.
   * @param by - the site's priority.
   */
  asked(db: number, key: string, version: Version, by: number): boolean {
    const { model, wants } = this.#shard;
    if (!model.evicted.has(db, key)) return false;
    const state = model.obtain(db, key);
    this.refuse(db, key, version, by);
    if (this.#tellsRest(state)) return true;
    // A local write may have made it wanted, with nobody asked yet.
    const isAsked = state.wanted !== undefined && model.wanting.has(state);
    const isUntold = model.evicted.untoldBy(db, key)?.has(by) === true;
    if (!isAsked) this.#ask(state, isUntold ? nextToAsk(this.#shard, db, key, by)! : by);
    else if (wants.repeats(state) > 0) this.#ask(state, nextToAsk(this.#shard, db, key, state.wanted!.priority)!);
    return true;
  }

  /** A site asks for a key, at a version, that cannot be told here. @param by - the site's priority. */
  refuse(db: number, key: string, { time }: Version, by: number): void {
    this.#host.sayUntold(db, key, { time, priority: by, index: 0 });
  }

  /** A site cannot tell a key. @param by - the site's priority. */
  untold(db: number, key: string, by: number): void {
    const { model, rules } = this.#shard;
    if (!model.evicted.has(db, key)) {
      const known = model.find(db, key);
      if (known?.wanted?.priority !== by) return;
      if (rules?.tells(db, key) === false) known.wanted = undefined;
      else this.#host.tell(db, key);
      return;
    }
    const state = model.obtain(db, key);
    model.evicted.noteUntold(db, key, by);
    if (!this.#tellsRest(state) && state.wanted?.priority === by)
      this.#ask(state, nextToAsk(this.#shard, db, key, by)!);
  }

  #ask(state: KeyState, priority: number): void {
    const { db, key } = state;
    state.wanted = { time: state.wanted?.time ?? this.#shard.clock.last, priority, index: 0 };
    this.#host.want(db, key, state.wanted);
  }

  /** Where nobody has the key whole no answer comes any more, and what is here of it is read. Returns whether that is so. */
  #tellsRest(state: KeyState): boolean {
    const { db, key } = state;
    if (nextToAsk(this.#shard, db, key) !== undefined) return false;
    state.wanted = undefined;
    this.#host.tell(db, key);
    return true;
  }
}

/**
 * The priority of the next site that may hold an evicted key; undefined: nobody has it whole. Who is out does not answer.
 * @param before - the site that was asked last.
 */
export function nextToAsk(shard: Shard, db: number, key: string, before?: number): number | undefined {
  const { remaining } = shard.outcasts;
  const untold = shard.model.evicted.untoldBy(db, key);
  const at = remaining.findIndex(({ priority }) => priority === before) + 1;
  const inTurn = [...remaining.slice(at), ...remaining.slice(0, at)];
  return inTurn.find(({ priority }) => untold?.has(priority) !== true)?.priority;
}
