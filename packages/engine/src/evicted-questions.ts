/**
 * Questions for keys that the local server has evicted. Such a key cannot be told: that would take it away elsewhere.
 *
 * Rules
 *  1. Who asks is answered with a want that is `untold`, and asks for nothing.
 *  2. Another site is asked instead, first the one that asks: what it holds stands then, or what another answers.
 *  3. A site that is asked says `untold` where it has evicted the key too, or must not tell it. Then the next is asked; and the
 *     next likewise, where the question comes again and no answer has come.
 *  4. Only when every site that is not out has said so, nobody has the key whole: it is what is here. However long one is silent,
 *     it may hold the key.
 */
import type { KeyState, Version } from '@entwine/core';
import type { Shard } from './shard.ts';

/** What it has others do. */
export interface EvictedQuestionsHost {
  /** Asks the site of a version for a key. */
  want(db: number, key: string, version: Version): void;
  /** Says to a site that a key cannot be told. */
  sayUntold(db: number, key: string, to: Version): void;
  /** Reads a key, and tells what it holds. */
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
   * A site asks for a key, at a version. Returns false where the key can be told.
   * @param by - the site's priority.
   */
  asked(db: number, key: string, version: Version, by: number): boolean {
    const { model, wants } = this.#shard;
    if (!model.evicted.has(db, key)) return false;
    const state = model.obtain(db, key);
    if (this.#isNowhere(state)) {
      this.#end(state);
      return false;
    }
    this.refuse(db, key, version, by);
    // A local write may have made it wanted, with nobody asked yet.
    const isAsked = state.wanted !== undefined && model.wanting.has(state);
    if (!isAsked) this.#ask(state, this.#isUntold(state, by) ? this.#next(state, by) : by);
    else if (wants.repeats(state) > 0) this.#ask(state, this.#next(state, state.wanted!.priority));
    return true;
  }

  /** A site asks for a key, at a version, that cannot be told here. @param by - the site's priority. */
  refuse(db: number, key: string, { time }: Version, by: number): void {
    this.#host.sayUntold(db, key, { time, priority: by, index: 0 });
  }

  /** A site cannot tell a key. @param by - the site's priority. */
  untold(db: number, key: string, by: number): void {
    const { evicted } = this.#shard.model;
    if (!evicted.has(db, key)) return;
    const state = this.#shard.model.obtain(db, key);
    evicted.noteUntold(db, key, by);
    if (this.#isNowhere(state)) {
      this.#end(state);
      this.#host.tell(db, key);
    } else if (state.wanted?.priority === by) this.#ask(state, this.#next(state, by));
  }

  #ask(state: KeyState, priority: number): void {
    const { db, key } = state;
    state.wanted = { time: state.wanted?.time ?? this.#shard.clock.last, priority, index: 0 };
    this.#host.want(db, key, state.wanted);
  }

  /** No answer comes any more. */
  #end(state: KeyState): void {
    this.#shard.model.evicted.end(state.db, state.key);
    state.wanted = undefined;
  }

  #isUntold({ db, key }: KeyState, priority: number): boolean {
    return this.#shard.model.evicted.untoldBy(db, key)?.has(priority) === true;
  }

  /** Who is out does not answer. */
  #isNowhere(state: KeyState): boolean {
    return this.#shard.outcasts.remaining.every(({ priority }) => this.#isUntold(state, priority));
  }

  /** The site after another that may hold the key. */
  #next(state: KeyState, before: number): number {
    const { remaining } = this.#shard.outcasts;
    const at = remaining.findIndex(({ priority }) => priority === before) + 1;
    const inTurn = [...remaining.slice(at), ...remaining.slice(0, at)];
    return inTurn.find(({ priority }) => !this.#isUntold(state, priority))!.priority;
  }
}
