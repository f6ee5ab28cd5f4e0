/**
 * Reads a listpack, the packed list of Redis 5 and later: total bytes and element count, elements that each end in their
 * own length, spelt backwards, and a terminator.
 */
import type { RdbCursor } from '../read/rdb-cursor.ts';
import { PackedReader } from './packed-reader.ts';

const headerBytes = 6;
const terminator = 0xff;
/** The count of a list with this many elements or more. */
const uncounted = 0xffff;

export class Listpack extends PackedReader {
  readonly #last: number;
  #declared: number = 0;
  #seen: number = 0;

  /** @param cursor - over the listpack and nothing else. */
  constructor(cursor: RdbCursor) {
    super(cursor, 'bad-listpack');
    const { at, end, bytes } = cursor;
    this.start = at;
    this.#last = end - 1;
    if (cursor.failed) return;
    if (end - at <= headerBytes) this.fail('a listpack is too short');
    else if (cursor.i32() >>> 0 !== end - at) this.fail('a listpack is not as long as it says');
    else if (bytes[this.#last] !== terminator) this.fail('a listpack does not end where it ends');
    else this.#declared = cursor.u8() | (cursor.u8() << 8);
  }

  /** Bytes beyond the end read as something, and are found out when the element's own length is checked. */
  next(): boolean {
    const { cursor } = this;
    const { at, bytes } = cursor;
    if (at >= this.#last) return this.#close();
    this.start = at;
    const first = bytes[at]!;
    let size = 1;
    if (first < 0x80) {
      this.integer = first;
    } else if (first < 0xc0) {
      size = this.#string(at + 1, first & 63);
    } else if (first < 0xe0) {
      size = this.#integer13(first, bytes[at + 1]!);
    } else if (first < 0xf0) {
      size = this.#string(at + 2, ((first & 15) << 8) | bytes[at + 1]!);
    } else if (first === 0xf0) {
      size = this.#string(at + 5, this.#u32(at + 1));
    } else if (first === 0xf1) {
      size = this.#integer16(at);
    } else if (first <= 0xf4) {
      const width = first === 0xf2 ? 3 : first === 0xf3 ? 4 : 8;
      size = 1 + width;
      this.integer = this.readInteger(at + 1, width);
    } else {
      return this.fail('an element of a listpack is in an unknown encoding');
    }
    return this.#step(at, size);
  }

  #string(from: number, size: number): number {
    this.integer = undefined;
    this.from = from;
    this.size = size;
    return from - this.start + size;
  }

  #integer13(first: number, second: number): number {
    this.integer = ((((first & 31) << 8) | second) << 19) >> 19;
    return 2;
  }

  #integer16(at: number): number {
    const { bytes } = this.cursor;
    this.integer = ((bytes[at + 1]! | (bytes[at + 2]! << 8)) << 16) >> 16;
    return 3;
  }

  #u32(at: number): number {
    const { bytes } = this.cursor;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  /** Moves behind an element of `size` bytes and its length, which is checked. */
  #step(at: number, size: number): boolean {
    const { bytes } = this.cursor;
    const width = size < 128 ? 1 : size < 16383 ? 2 : size < 2097151 ? 3 : size < 268435455 ? 4 : 5;
    let to = at + size;
    if (to + width > this.#last) return this.fail('an element of a listpack is cut');
    if (width === 1) {
      if (bytes[to] !== size) return this.fail('an element of a listpack is not as long as it says');
    } else {
      let length = 0;
      for (let i = 0; i < width; i++) {
        const byte = bytes[to + i]!;
        length = length * 128 + (byte & 127);
        if (byte < 128 !== (i === 0)) return this.fail('the length of an element of a listpack is no length');
      }
      if (length !== size) return this.fail('an element of a listpack is not as long as it says');
    }
    to += width;
    this.cursor.at = to;
    this.#seen++;
    return true;
  }

  #close(): boolean {
    const isComplete = this.#declared === uncounted || this.#declared === this.#seen;
    if (this.cursor.failed || isComplete) return false;
    return this.fail(`a listpack says that it has ${this.#declared} elements, and has ${this.#seen}`);
  }
}
