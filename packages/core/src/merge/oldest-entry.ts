/**
 * The entry of a map that has been there for the longest.
 *
 * A map's own iterator finds that by passing over everything that was deleted before it, each time anew: where the oldest of
 * 100,000 go one by one, that takes a tenth of a millisecond. This one goes on where it was.
 */

/** Follows the oldest entry of one map, whose entries are deleted and added, and not overwritten. */
export class OldestEntry<K, V> {
  readonly #map: ReadonlyMap<K, V>;
  #entries: Iterator<[K, V]> | undefined;
  #found: readonly [K, V] | undefined;

  constructor(map: ReadonlyMap<K, V>) {
    this.#map = map;
  }

  /** The oldest; undefined when there is none. */
  find(): readonly [K, V] | undefined {
    while (this.#found === undefined || this.#map.get(this.#found[0]) !== this.#found[1]) {
      if (this.#map.size === 0) {
        this.#found = undefined;
        this.#entries = undefined;
        return undefined;
      }
      this.#entries ??= this.#map.entries();
      const { done, value } = this.#entries.next();
      if (done === true) this.#entries = undefined;
      else this.#found = value;
    }
    return this.#found;
  }
}
