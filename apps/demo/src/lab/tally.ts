/**
 * What counters must hold in the end: every increment that a server confirmed, whichever site it was made at.
 */
import type { RedisServer } from './redis-server.ts';

export interface CounterCheck {
  readonly counters: number;
  readonly expected: number;
  readonly found: number;
  /** Counters that hold something else than they should, in words. */
  readonly wrong: readonly string[];
}

export class Tally {
  #expected = new Map<string, number>();

  /** Notes a confirmed increment of a key of database 0. */
  add(key: string, by: number): void {
    this.#expected.set(key, (this.#expected.get(key) ?? 0) + by);
  }

  /** Compares with what a server holds now. */
  async check(server: RedisServer): Promise<CounterCheck> {
    const keys = [...this.#expected.keys()];
    const values = keys.length === 0 ? [] : await server.with((client) => client.mget(keys));
    const wrong: string[] = [];
    let expected = 0;
    let found = 0;
    keys.forEach((key, place) => {
      const due = this.#expected.get(key) ?? 0;
      const value = Number(values[place] ?? 0);
      expected += due;
      found += value;
      if (value !== due) wrong.push(`${key} holds ${value} at ${server.name}, ${due} expected`);
    });
    return { counters: keys.length, expected, found, wrong };
  }
}
