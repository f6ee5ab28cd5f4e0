/**
 * What remembering costs: `node --expose-gc --conditions=@entwine/source test/bench/window.ts`. For each sort of write, the
 * memory that the window takes by the garbage collector's word, and by its own (`Model.bytes`), in bytes for each key.
 *
 * Writes arrive as they do from another site: entries in batches of 64 KiB, whose values are views of the batch.
 */
import { ByteWriter, decodeEntries, type Entry, encodeEntry, Model, type Op, timeOfUnix } from '@entwine/core';

const origin = 'b/main/0123456789abcdef';
const start = timeOfUnix(1_900_000_000_000);
const count = 300_000;

interface Sort {
  readonly name: string;
  /** Keys remembered in the end. */
  readonly keys: number;
  readonly writes: number;
  op(i: number): Op;
}

const key = (i: number): string => `session:${String(i).padStart(12, '0')}`;
const value = (i: number, length: number): Uint8Array => new Uint8Array(length).fill(65 + (i % 26));
const common = { db: 0, index: 0 };

const sorts: readonly Sort[] = [
  distinct('SET, 100 bytes', (i) => ({ ...common, type: 'assign', key: key(i), value: value(i, 100), expiry: null })),
  distinct('SET, 1,000 bytes', (i) => ({
    ...common,
    type: 'assign',
    key: key(i),
    value: value(i, 1000),
    expiry: null,
  })),
  distinct('HSET, a hash each', (i) => ({
    ...common,
    type: 'field',
    key: key(i),
    field: 'state',
    value: value(i, 50),
  })),
  {
    ...distinct('HSET, one hash', (i) => ({ ...common, type: 'field', key: 'h', field: key(i), value: value(i, 50) })),
    keys: 1,
  },
  distinct('SADD, a set each', (i) => ({ ...common, type: 'member', key: key(i), member: 'member', present: true })),
  distinct('INCR', (i) => counted(i, 1n)),
  distinct('DEL', (i) => ({ ...common, type: 'delete', key: key(i) })),
  repeated('SET, each key 20 times', (i) => {
    return { ...common, type: 'assign', key: key(i), value: value(i, 100), expiry: null };
  }),
  repeated('HSET, each key 20 times', (i) => {
    return { ...common, type: 'field', key: key(i), field: 'state', value: value(i, 50) };
  }),
  repeated('INCR, each key 20 times', (i, round) => counted(i, BigInt(round + 1))),
  {
    name: 'SET, 1 of 100 writes a new key, the rest to a few',
    keys: 30_000,
    writes: 3_000_000,
    op: (i) => {
      const name = i % 100 === 0 ? key(i) : `hot:${i % 10}`;
      return { ...common, type: 'assign', key: name, value: value(i, 100), expiry: null };
    },
  },
];

function distinct(name: string, op: (i: number) => Op): Sort {
  return { name, keys: count, writes: count, op };
}

function repeated(name: string, op: (i: number, round: number) => Op): Sort {
  const keys = count / 10;
  return { name, keys, writes: 20 * keys, op: (i) => op(i % keys, Math.floor(i / keys)) };
}

function counted(i: number, sum: bigint): Op {
  return {
    ...common,
    type: 'count',
    key: key(i),
    cell: 'string',
    field: '',
    base: { stable: start },
    sum,
    by: 1n,
    previous: 0,
  };
}

function memory(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function measure({ keys, writes, op }: Sort): { readonly held: number; readonly told: number; readonly keys: number } {
  const before = memory();
  const model = new Model(0, 1);
  const writer = new ByteWriter();
  const flush = (): void => {
    const entries = decodeEntries(writer.take(writer.length));
    if ('code' in entries) throw new Error(entries.message);
    for (const entry of entries) {
      if (entry.type === 'unit')
        for (const one of entry.ops) model.merge(one, { time: entry.time, priority: 2, origin });
    }
  };
  for (let i = 0; i < writes; i++) {
    const entry: Entry = { type: 'unit', seq: i + 1, time: start + i + 1, priority: 2, ops: [op(i)] };
    encodeEntry(writer, entry);
    if (writer.length > 65_536) flush();
  }
  flush();
  model.detach(start + 2 ** 40);
  return { held: memory() - before, told: model.bytes, keys };
}

if (globalThis.gc === undefined) throw new Error('run it with --expose-gc');
console.log('| writes | bytes held for each | told for each |\n|---|---|---|');
for (const sort of sorts) {
  const { held, told, keys } = measure(sort);
  const each = keys === 1 ? count : keys;
  console.log(`| ${sort.name} | ${Math.round(held / each)} | ${Math.round(told / each)} |`);
}
