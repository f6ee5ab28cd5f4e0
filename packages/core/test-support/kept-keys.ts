/** What the script keeps of keys through their deletion: the operations `B` and `U`. */
import type { Key } from './held.ts';

export class KeptKeys {
  #kept: (readonly [db: number, name: string, key: Key])[] = [];

  /** @param members - only these of a sorted set; none: all of the key. */
  keep(db: number, name: string, key: Key | undefined, members: readonly string[]): void {
    if (key === undefined || (members.length > 0 && key.kind !== 'zset')) return;
    const cells = new Map([...key.cells].filter(([member]) => members.length === 0 || members.includes(member)));
    if (cells.size > 0) this.#kept.push([db, name, { kind: key.kind, cells, expiry: -1 }]);
  }

  /** Writes it all again: whole keys as they were, members beside what is there. */
  putBack(keysOf: (db: number) => Map<string, Key>): void {
    for (const [db, name, key] of this.#kept) {
      const keys = keysOf(db);
      const there = keys.get(name);
      if (there?.kind === 'zset' && key.kind === 'zset')
        for (const [member, score] of key.cells) there.cells.set(member, score);
      else keys.set(name, key);
    }
    this.#kept = [];
  }
}
