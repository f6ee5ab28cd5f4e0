/** A spill store in memory: for tests. It refuses what its callers must not do. */
import type { SpillPlace, SpillRecord, SpillStore } from '@entwine/core';

/** What a record counts beside key and value. */
const recordBytes = 32;

/** The records of one store. */
export class MemorySpillStore implements SpillStore {
  readonly maxKeyBytes: number;
  readonly #records = new Map<string, SpillRecord>();
  #bytes = 0;
  /** Records put, found and taken out since it began. */
  put = 0;
  found = 0;
  taken = 0;

  constructor(maxKeyBytes: number = 1900) {
    this.maxKeyBytes = maxKeyBytes;
  }

  get count(): number {
    return this.#records.size;
  }

  bytes(): number {
    return this.#bytes;
  }

  get(db: number, key: string): Uint8Array | undefined {
    const record = this.#records.get(idOf({ db, key }));
    if (record === undefined) return undefined;
    this.found++;
    return new Uint8Array(record.value);
  }

  write(remove: readonly SpillPlace[], put: readonly SpillRecord[]): void {
    for (const place of remove) {
      if (this.#records.get(idOf(place))?.order !== place.order)
        throw new Error(`${idOf(place)} is not there, or elsewhere than at ${place.order}`);
    }
    const removed = new Set(remove.map(idOf));
    for (const record of put) {
      if (this.#records.has(idOf(record)) && !removed.has(idOf(record)))
        throw new Error(`${idOf(record)} is there already`);
      if (record.key.length > this.maxKeyBytes) throw new Error(`a key of ${record.key.length} bytes`);
    }
    for (const place of remove) this.#remove(place);
    for (const record of put) {
      this.#records.set(idOf(record), { ...record, value: new Uint8Array(record.value) });
      this.#bytes += bytesOf(record);
    }
    this.put += put.length;
  }

  takeUpTo(order: number, most: number): readonly SpillRecord[] {
    const due = this.#inOrder()
      .filter((record) => record.order <= order)
      .slice(0, most);
    for (const record of due) this.#remove(record);
    this.taken += due.length;
    return due;
  }

  placesFrom(order: number): readonly SpillPlace[] {
    return this.#inOrder().filter((record) => record.order >= order);
  }

  async close(): Promise<void> {
    this.#records.clear();
  }

  #inOrder(): SpillRecord[] {
    return [...this.#records.values()].sort((a, b) => a.order - b.order);
  }

  #remove(place: SpillPlace): void {
    const record = this.#records.get(idOf(place))!;
    this.#records.delete(idOf(place));
    this.#bytes -= bytesOf(record);
  }
}

function bytesOf({ key, value }: SpillRecord): number {
  return key.length + value.length + recordBytes;
}

function idOf({ db, key }: Pick<SpillPlace, 'db' | 'key'>): string {
  return `${db} ${key}`;
}
