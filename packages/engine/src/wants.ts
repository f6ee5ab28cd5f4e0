/**
 * Wants: keys whose state has to come from another site. A want is repeated, ever more slowly, until an answer has come: the
 * site that was asked may have been away, or have answered with what was older than what arrived meanwhile.
 */
import type { KeyState, Model } from '@entwine/core';

/** Milliseconds until a want is repeated; doubled each time, up to the second. */
const firstRetryMs = 2000;
const lastRetryMs = 60_000;

/** What is asked for and has not come. */
export class Wants {
  readonly #model: Model;
  readonly #asked = new Map<KeyState, { at: number; waitMs: number }>();

  constructor(model: Model) {
    this.#model = model;
  }

  /** Keys whose state has to come and has not. */
  get unanswered(): number {
    this.#forget();
    return this.#model.wanting.size;
  }

  /** Notes that a key has been asked for. @param nowMs - the wall clock. */
  asked(state: KeyState, nowMs: number): void {
    const waitMs = Math.min(2 * (this.#asked.get(state)?.waitMs ?? firstRetryMs / 2), lastRetryMs);
    this.#asked.set(state, { at: nowMs, waitMs });
    this.#model.wanting.add(state);
  }

  /** How often a key has been asked for again, in vain. */
  repeats(state: KeyState): number {
    return Math.max(0, Math.log2((this.#asked.get(state)?.waitMs ?? 0) / firstRetryMs));
  }

  /** Keys that have to be asked for, or again. */
  due(nowMs: number): readonly KeyState[] {
    this.#forget();
    return [...this.#model.wanting].filter((state) => {
      const asked = this.#asked.get(state);
      return asked === undefined || nowMs - asked.at >= asked.waitMs;
    });
  }

  #forget(): void {
    for (const state of this.#model.wanting) {
      if (state.wanted !== undefined) continue;
      this.#model.wanting.delete(state);
      this.#asked.delete(state);
    }
  }
}
