/**
 * Conformance cases for the `SpillStore` port: every promise of its doc comments, once.
 *
 * Rules: no test framework; a case throws on failure. Each case gets a store of its own, which is closed behind it.
 */
import type { SpillPlace, SpillRecord, SpillStore } from '@entwine/core';

/** One case. */
export interface SpillConformanceCase {
  readonly name: string;
  /** Resolves when the adapter behaves. @param open - opens an empty store. */
  run(open: () => Promise<SpillStore>): Promise<void>;
}

const cases: Record<string, (store: SpillStore) => void> = {
  'begins empty'(store) {
    same(store.count, 0, 'count');
    same(store.get(0, 'k'), undefined, 'record');
    same(store.takeUpTo(Number.MAX_SAFE_INTEGER, 10), [], 'taken');
    same(store.placesFrom(0), [], 'places');
  },

  'gives back what was put, by database and key'(store) {
    store.write([], [record(0, 'k', 5, 1), record(1, 'k', 6, 2), record(0, '', 7, 3), record(0, 'k\0', 8, 4)]);
    same(store.count, 4, 'count');
    same(store.get(0, 'k'), filled(1), 'k of database 0');
    same(store.get(1, 'k'), filled(2), 'k of database 1');
    same(store.get(0, ''), filled(3), 'the empty key');
    same(store.get(0, 'k\0'), filled(4), 'a key that begins like another');
    same(store.get(2, 'k'), undefined, 'another database');
    same(store.get(0, 'kk'), undefined, 'another key');
  },

  'keys are bytes, as long as it says'(store) {
    const long = '\xff'.repeat(store.maxKeyBytes);
    store.write([], [record(0, long, 1, 1), record(0, '\x00\x80\xff', 1, 2)]);
    same(store.get(0, long), filled(1), 'a long key');
    same(store.get(0, '\x00\x80\xff'), filled(2), 'odd bytes');
    same(
      store
        .takeUpTo(1, 10)
        .map(({ key }) => key.length)
        .sort((a, b) => a - b),
      [3, store.maxKeyBytes],
      'lengths of the keys taken',
    );
  },

  'values may be empty, or long'(store) {
    const value = new Uint8Array(300_000).fill(7);
    store.write(
      [],
      [
        { db: 0, key: 'long', order: 1, value },
        { db: 0, key: 'none', order: 2, value: new Uint8Array(0) },
      ],
    );
    same(store.get(0, 'long')?.length, 300_000, 'length of the long one');
    same(store.get(0, 'none'), new Uint8Array(0), 'the empty one');
  },

  "what it gives is the receiver's own"(store) {
    store.write([], [record(0, 'k', 1, 9)]);
    const given = store.get(0, 'k')!;
    same(given.buffer.byteLength, given.length, 'bytes of the buffer');
    given.fill(0);
    same(store.get(0, 'k'), filled(9), 'the record');
  },

  'what it was given may change'(store) {
    const given = record(0, 'k', 1, 9);
    store.write([], [given]);
    given.value.fill(0);
    same(store.get(0, 'k'), filled(9), 'the record');
  },

  'removes first, then puts'(store) {
    store.write([], [record(0, 'k', 5, 1), record(0, 'l', 5, 2)]);
    store.write([place(0, 'k', 5), place(0, 'l', 5)], [record(0, 'k', 9, 3)]);
    same(store.count, 1, 'count');
    same(store.get(0, 'k'), filled(3), 'put again');
    same(store.get(0, 'l'), undefined, 'removed');
    same(store.takeUpTo(5, 10), [], 'what stood at its old place');
    same(recordsOf(store.takeUpTo(9, 10)), [record(0, 'k', 9, 3)], 'what stands at its new place');
  },

  'takes out in order, so many at a time'(store) {
    store.write([], [record(0, 'c', 300, 3), record(0, 'a', 1, 1), record(1, 'b', 70_000, 4), record(0, 'b', 2, 2)]);
    same(store.takeUpTo(0, 10), [], 'below all');
    same(recordsOf(store.takeUpTo(70_000, 2)), [record(0, 'a', 1, 1), record(0, 'b', 2, 2)], 'the first two');
    same(store.count, 2, 'count');
    same(store.get(0, 'a'), undefined, 'what was taken');
    same(recordsOf(store.takeUpTo(69_999, 2)), [record(0, 'c', 300, 3)], 'up to an order');
    same(recordsOf(store.takeUpTo(2 ** 40, 10)), [record(1, 'b', 70_000, 4)], 'the rest');
    same(store.count, 0, 'count in the end');
  },

  'tells what stands from a place on'(store) {
    store.write([], [record(0, 'a', 1, 1), record(3, 'b', 2 ** 34, 2), record(0, 'c', 256, 3)]);
    same(store.placesFrom(2).map(placeOf), [place(0, 'c', 256), place(3, 'b', 2 ** 34)], 'from 2');
    same(store.placesFrom(256).length, 2, 'from 256');
    same(store.placesFrom(2 ** 34 + 1), [], 'beyond all');
    same(store.count, 3, 'count');
  },

  'tells what it takes'(store) {
    const before = store.bytes();
    const records = Array.from({ length: 500 }, (_, i) => record(0, `k${i}`, i, 1, 1000));
    store.write([], records);
    const full = store.bytes();
    if (full - before < 500_000) throw new Error(`500 records of 1,000 bytes count as ${full - before}`);
    store.takeUpTo(500, 500);
    if (store.bytes() > full / 2) throw new Error(`without them it is ${store.bytes()} still`);
  },
};

function record(db: number, key: string, order: number, fill: number, length = 4): SpillRecord {
  return { db, key, order, value: new Uint8Array(length).fill(fill) };
}

function filled(fill: number): Uint8Array {
  return new Uint8Array(4).fill(fill);
}

function place(db: number, key: string, order: number): SpillPlace {
  return { db, key, order };
}

function placeOf({ db, key, order }: SpillPlace): SpillPlace {
  return { db, key, order };
}

function recordsOf(records: readonly SpillRecord[]): SpillRecord[] {
  return records.map((one) => ({ ...placeOf(one), value: one.value }));
}

function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [show(actual), show(expected)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? [...part] : part)) ?? 'undefined';
}

/** The cases. */
export const spillConformance: readonly SpillConformanceCase[] = Object.entries(cases).map(([name, check]) => ({
  name,
  run: async (open) => {
    const store = await open();
    try {
      check(store);
    } finally {
      await store.close();
    }
  },
}));
