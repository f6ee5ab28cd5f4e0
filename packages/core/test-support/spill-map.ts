/** A spill store as small as it can be. */
import type { SpillPlace, SpillRecord, SpillStore } from '../src/ports.ts';

/** Holds records by database and key. */
export class SpillMap implements SpillStore {
  readonly maxKeyBytes = 1900;
  readonly #records = new Map<string, SpillRecord>();
  /** Records put, and found. */
  put = 0;
  found = 0;

  get count(): number {
    return this.#records.size;
  }

  bytes(): number {
    let bytes = 0;
    for (const { value } of this.#records.values()) bytes += value.length;
    return bytes;
  }

  get(db: number, key: string): Uint8Array | undefined {
    const record = this.#records.get(`${db} ${key}`);
    if (record !== undefined) this.found++;
    return record?.value;
  }

  write(remove: readonly SpillPlace[], put: readonly SpillRecord[]): void {
    for (const place of remove) {
      if (this.#records.get(`${place.db} ${place.key}`)?.order !== place.order) throw new Error('not there');
      this.#records.delete(`${place.db} ${place.key}`);
    }
    for (const record of put) {
      if (this.#records.has(`${record.db} ${record.key}`)) throw new Error('there already');
      this.#records.set(`${record.db} ${record.key}`, record);
    }
    this.put += put.length;
  }

  takeUpTo(order: number, most: number): readonly SpillRecord[] {
    const due = [...this.#records.values()].filter((record) => record.order <= order).slice(0, most);
    this.write(due, []);
    return due;
  }

  placesFrom(order: number): readonly SpillPlace[] {
    return [...this.#records.values()].filter((record) => record.order >= order);
  }

  async close(): Promise<void> {}
}
