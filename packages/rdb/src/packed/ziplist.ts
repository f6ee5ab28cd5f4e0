/**
 * Reads a ziplist, the packed list before Redis 7: total bytes, offset of the last element and count, elements that each
 * begin with the length of the one before, and a terminator.
 */
import type { RdbCursor } from '../read/rdb-cursor.ts';
import { PackedReader } from './packed-reader.ts';

const headerBytes = 10;
const terminator = 0xff;
/** The count of a list with this many elements or more. */
const uncounted = 0xffff;
/** A length before that does not fit into one byte. */
const longBefore = 0xfe;

export class Ziplist extends PackedReader {
  readonly #last: number;
  #declared: number = 0;
  #tail: number = 0;
  #seen: number = 0;
  /** Length of the element before. */
  #before: number = 0;

  /** @param cursor - over the ziplist and nothing else. */
  constructor(cursor: RdbCursor) {
    super(cursor, 'bad-ziplist');
    const { at, end, bytes } = cursor;
    this.start = at;
    this.#last = end - 1;
    if (cursor.failed) return;
    if (end - at <= headerBytes) this.fail('a ziplist is too short');
    else if (cursor.i32() >>> 0 !== end - at) this.fail('a ziplist is not as long as it says');
    else if (bytes[this.#last] !== terminator) this.fail('a ziplist does not end where it ends');
    else {
      this.#tail = at + (cursor.i32() >>> 0);
      this.#declared = cursor.u8() | (cursor.u8() << 8);
    }
  }

  next(): boolean {
    const { cursor } = this;
    const { bytes } = cursor;
    const last = this.#last;
    let at = cursor.at;
    if (at >= last) return this.#close();
    const start = at;
    const isLong = bytes[at] === longBefore;
    if (isLong && at + 5 >= last) return this.fail('an element of a ziplist is cut');
    const before = isLong ? this.#u32(at + 1) : bytes[at]!;
    if (before !== this.#before) return this.fail('the elements of a ziplist do not fit together');
    at += isLong ? 5 : 1;
    if (at >= last) return this.fail('an element of a ziplist is cut');
    this.start = start;
    const to = this.#element(at, bytes[at]!);
    if (to < 0) return this.fail('an element of a ziplist is in an unknown encoding');
    if (to > last) return this.fail('an element of a ziplist is cut');
    this.#before = to - start;
    cursor.at = to;
    this.#seen++;
    return true;
  }

  /** Reads the element whose encoding stands at `at`; gives where it ends, perhaps too far, or -1 if it is none. */
  #element(at: number, first: number): number {
    const { bytes } = this.cursor;
    if (first < 0x40) return this.#string(at + 1, first);
    if (first < 0x80) return this.#string(at + 2, ((first & 63) << 8) | bytes[at + 1]!);
    if (first === 0x80) return this.#string(at + 5, this.#big32(at + 1));
    if (first > 0xf0 && first < 0xfe) return this.#integer(at + 1, first - 0xf1);
    if (first === 0xfe) return this.#integer(at + 2, (bytes[at + 1]! << 24) >> 24);
    if (first === 0xc0) return this.#integer(at + 3, ((bytes[at + 1]! | (bytes[at + 2]! << 8)) << 16) >> 16);
    const width = first === 0xf0 ? 3 : first === 0xd0 ? 4 : first === 0xe0 ? 8 : 0;
    if (width === 0) return -1;
    const to = at + 1 + width;
    return this.#integer(to, this.readInteger(at + 1, width));
  }

  #string(from: number, size: number): number {
    this.integer = undefined;
    this.from = from;
    this.size = size;
    return from + size;
  }

  #integer(to: number, value: number | bigint): number {
    this.integer = value;
    return to;
  }

  #u32(at: number): number {
    const { bytes } = this.cursor;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  #big32(at: number): number {
    const { bytes } = this.cursor;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  #close(): boolean {
    if (this.cursor.failed) return false;
    if (this.#declared !== uncounted && this.#declared !== this.#seen)
      return this.fail(`a ziplist says that it has ${this.#declared} elements, and has ${this.#seen}`);
    const tail = this.#seen === 0 ? this.#last : this.start;
    return this.#tail === tail ? false : this.fail('a ziplist has its last element elsewhere');
  }
}
