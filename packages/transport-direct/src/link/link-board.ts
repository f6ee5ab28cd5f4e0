/**
 * The states of all links, and who is told of changes.
 *
 * Told only when something changed. A link that is being tried again keeps the state and reason it failed with; it does not
 * flicker. Strangers who were refused are told of once, but not kept: anyone could fill the board.
 */
import type { LinkStatus } from '@entwine/core';

/** Keeps and reports link states. */
export class LinkBoard {
  readonly #links = new Map<string, LinkStatus>();
  readonly #changed: (status: LinkStatus) => void;
  #lastStranger = '';

  constructor(changed: (status: LinkStatus) => void) {
    this.#changed = changed;
  }

  /** Sets the state of a configured peer's link. */
  set(status: LinkStatus): void {
    const key = `${status.direction} ${status.peer}`;
    const before = this.#links.get(key);
    if (before?.state === status.state && before.detail === status.detail && before.policies === status.policies)
      return;
    this.#links.set(key, status);
    this.#changed(status);
  }

  /** Reports somebody who is not a configured peer, or has not proven to be. */
  stranger(peer: string, detail: string): void {
    const text = `${peer} ${detail}`;
    if (text === this.#lastStranger) return;
    this.#lastStranger = text;
    this.#changed({ peer, direction: 'out', state: 'refused', detail });
  }

  list(): readonly LinkStatus[] {
    return [...this.#links.values()];
  }
}
