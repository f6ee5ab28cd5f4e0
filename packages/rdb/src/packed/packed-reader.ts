/**
 * What listpacks and ziplists have in common: elements one after the other, each a string or an integer.
 *
 * Rules: `next` moves to the next element and checks everything about it, also that it lies within its collection; at the
 * end it checks that nothing is missing. After it gave true the element can be read in any of the ways below, once or
 * more often. A list that contradicts itself fails the reading.
 */
import { parseScore } from '../bytes/decimal.ts';
import type { RdbFailureCode } from '../rdb-failure.ts';
import type { RdbCursor } from '../read/rdb-cursor.ts';

export abstract class PackedReader {
  protected readonly cursor: RdbCursor;
  readonly #code: RdbFailureCode;
  /** Bytes of the whole list: it cannot have more elements. */
  readonly byteLength: number;
  /** Where the element begins. */
  protected start: number = 0;
  /** The bytes of a string element. */
  protected from: number = 0;
  protected size: number = 0;
  /** An integer element; undefined if it is a string. */
  protected integer: number | bigint | undefined = undefined;

  constructor(cursor: RdbCursor, code: RdbFailureCode) {
    this.cursor = cursor;
    this.#code = code;
    this.byteLength = cursor.left;
  }

  /** Moves to the next element; false at the end, and after a failure. */
  abstract next(): boolean;

  /** Moves to the next element, of which something is made, and counts it against the limit. */
  take(): boolean {
    return this.next() && this.cursor.take(1, this.start);
  }

  /** Moves to an element that has to be there. @param what - it is. */
  need(what: string): boolean {
    return this.next() || this.fail(`${what} is missing`);
  }

  /** The element as the bytes that clients see. */
  toBytes(): Uint8Array {
    if (this.cursor.failed) return new Uint8Array(0);
    if (this.integer !== undefined) return this.cursor.reading.decimals.text(this.integer);
    return this.cursor.slice(this.from, this.size);
  }

  /** The element as the score of a sorted set. */
  toScore(): number {
    if (this.integer !== undefined) return Number(this.integer);
    const score = parseScore(this.cursor.bytes, this.from, this.from + this.size);
    if (score === undefined) this.cursor.fail('bad-score', 'a score is not a number', this.start);
    return score ?? 0;
  }

  /** The element as a signed integer of 64 bits. */
  toInteger(code: RdbFailureCode): number | bigint {
    if (this.integer === undefined) this.cursor.fail(code, 'an integer is expected', this.start);
    return this.integer ?? 0;
  }

  /** Fails at the element. @param code - if it is not the list that is wrong. */
  fail(text: string, code: RdbFailureCode = this.#code): false {
    this.cursor.fail(code, text, this.start);
    return false;
  }

  /** A signed integer of 3 to 8 bytes, little endian. */
  protected readInteger(at: number, size: number): number | bigint {
    const { bytes } = this.cursor;
    const lo = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    if (size === 3) return (lo << 8) >> 8;
    const low = lo | (bytes[at + 3]! << 24);
    if (size === 4) return low;
    const high = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
    const value = high * 4294967296 + (low >>> 0);
    return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low >>> 0);
  }
}
