/**
 * Reads a node of a stream: a listpack of entries whose ids, and mostly names, are given relative to a first one.
 *
 * It begins with how many entries are alive and deleted, and the names; an entry is its flags, the differences of its id,
 * names unless they are those, values, and how many elements it took. Deleted entries are read over.
 */
import { Listpack } from '../packed/listpack.ts';
import type { StreamEntry, StreamId } from '../rdb-value.ts';
import type { RdbCursor } from './rdb-cursor.ts';
import { rawId, rawIdBytes } from './stream-id.ts';

const deletedFlag = 1;
const sameNamesFlag = 2;
/** Elements of an entry beside names and values: flags, both differences. */
const fixedElements = 3;

/** Appends the node's entries; the ids have to ascend. */
export function readStreamNode(cursor: RdbCursor, entries: StreamEntry[]): void {
  const start = cursor.at;
  const key = cursor.string();
  if (key.length !== rawIdBytes) cursor.fail('bad-stream', 'the id of a node is not one', start);
  const node = new Node(new Listpack(cursor.nested('bad-listpack')), cursor, start);
  if (cursor.failed) return;
  const first = rawId(key, 0);
  const count = node.integer() + node.integer();
  const names = node.strings(node.integer());
  if (node.integer() !== 0) node.fail('the first entry of a node does not end');
  for (let left = count; left > 0 && !cursor.failed; left--) readEntry(node, first, names, entries);
  node.end();
}

function readEntry(node: Node, first: StreamId, names: readonly Uint8Array[], entries: StreamEntry[]): void {
  const flags = node.integer();
  const ms = add(first.ms, node.difference());
  const seq = add(first.seq, node.difference());
  const hasNames = (flags & sameNamesFlag) === 0;
  const pairs = hasNames ? node.integer() : names.length;
  const isAlive = (flags & deletedFlag) === 0;
  const fields: Uint8Array[] = [];
  if (isAlive && !node.take(1 + 2 * pairs)) return;
  for (let i = 0; i < pairs && !node.failed; i++) {
    const name = hasNames ? node.string(isAlive) : names[i]!;
    const value = node.string(isAlive);
    if (isAlive) fields.push(name, value);
  }
  if (node.integer() !== fixedElements + (hasNames ? 1 + 2 * pairs : pairs))
    node.fail('an entry of a stream has another number of elements');
  if (!isAlive || node.failed) return;
  const last = entries.at(-1);
  if (last !== undefined && (ms < last.ms || (ms === last.ms && seq <= last.seq)))
    node.fail('the ids of a stream do not ascend');
  entries.push({ ms, seq, fields });
}

function add(base: bigint, difference: number | bigint): bigint {
  if (difference === 0) return base;
  return BigInt.asUintN(64, base + BigInt(difference));
}

const none: Uint8Array = new Uint8Array(0);

/** The elements of a node, each of which has to be there and of the right kind. */
class Node {
  readonly #packed: Listpack;
  readonly #cursor: RdbCursor;
  readonly #at: number;
  readonly #size: number;

  constructor(packed: Listpack, cursor: RdbCursor, at: number) {
    this.#packed = packed;
    this.#cursor = cursor;
    this.#at = at;
    this.#size = packed.byteLength;
  }

  get failed(): boolean {
    return this.#cursor.failed;
  }

  fail(text: string): void {
    this.#cursor.fail('bad-stream', text, this.#at);
  }

  take(count: number): boolean {
    return this.#cursor.take(count, this.#at);
  }

  /** A count or flags: not negative, and not more than a node can hold. */
  integer(): number {
    const value = this.difference();
    if (typeof value === 'number' && value >= 0 && value <= this.#size) return value;
    this.fail('a number within a stream makes no sense');
    return 0;
  }

  difference(): number | bigint {
    return this.#next() ? this.#packed.toInteger('bad-stream') : 0;
  }

  /** @param isWanted - whether to make something of it, or to move over it. */
  string(isWanted: boolean): Uint8Array {
    return this.#next() && isWanted ? this.#packed.toBytes() : none;
  }

  strings(count: number): Uint8Array[] {
    const strings: Uint8Array[] = [];
    if (!this.take(count)) return strings;
    for (let left = count; left > 0 && !this.failed; left--) strings.push(this.string(true));
    return strings;
  }

  /** Checks that nothing is left. */
  end(): void {
    if (!this.failed && this.#packed.next()) this.fail('a node of a stream goes on after its entries');
  }

  #next(): boolean {
    if (this.failed) return false;
    if (this.#packed.next()) return true;
    this.fail('a node of a stream ends within an entry');
    return false;
  }
}
