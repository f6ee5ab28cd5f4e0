/**
 * A cursor over bytes in RDB's encoding of lengths, strings and times.
 *
 * Rules: reading past the end does not throw: it fails the reading the cursor belongs to, moves the cursor to its end and
 * gives zero or nothing. Strings are views, except those that are compressed or stored as integers. The bytes need not be
 * a whole payload: the same cursor reads the values of a file.
 */
import { inflateLzf, lzfMaxRatio } from '../bytes/inflate-lzf.ts';
import type { RdbFailureCode } from '../rdb-failure.ts';
import type { Reading } from './reading.ts';

const none: Uint8Array = new Uint8Array(0);
const scratch = new DataView(new ArrayBuffer(8));

export class RdbCursor {
  readonly reading: Reading;
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;
  /** What positions are reported as, if the bytes are not those of the payload. */
  readonly #origin: number | undefined;
  /** The failure that reading past the end is: only of the outermost bytes it means that more of them may come. */
  readonly #overrun: RdbFailureCode;

  constructor(
    reading: Reading,
    bytes: Uint8Array,
    at: number,
    end: number,
    overrun: RdbFailureCode = 'truncated',
    origin?: number,
  ) {
    this.reading = reading;
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.#overrun = overrun;
    this.#origin = origin;
  }

  get failed(): boolean {
    return this.reading.failure !== undefined;
  }

  get left(): number {
    return this.end - this.at;
  }

  fail(code: RdbFailureCode, text: string, at: number = this.at): void {
    this.reading.fail(code, this.#origin ?? at, text);
    this.at = this.end;
  }

  /** Moves over `size` bytes and gives where they begin, or -1 if there are not so many. */
  skip(size: number): number {
    const start = this.at;
    if (size <= this.end - start && !this.failed) {
      this.at = start + size;
      return start;
    }
    this.fail(this.#overrun, `${size} bytes are needed, ${this.end - start} are left`);
    return -1;
  }

  /** A view of the next `size` bytes. */
  view(size: number): Uint8Array {
    const start = this.skip(size);
    return start < 0 ? none : this.slice(start, size);
  }

  /** A view of bytes that are known to be there. */
  slice(start: number, size: number): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + start, size);
  }

  u8(): number {
    if (this.at < this.end) return this.bytes[this.at++]!;
    this.skip(1);
    return 0;
  }

  /** Four bytes, little endian, signed. */
  i32(): number {
    const at = this.skip(4);
    if (at < 0) return 0;
    const { bytes } = this;
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }

  /** Eight bytes, IEEE 754, little endian. */
  f64(): number {
    scratch.setInt32(0, this.i32(), true);
    scratch.setInt32(4, this.i32(), true);
    return scratch.getFloat64(0, true);
  }

  /** Eight bytes, little endian, signed, that are a safe integer; otherwise it fails with `code`. */
  time(code: RdbFailureCode): number {
    const start = this.at;
    const lo = this.i32() >>> 0;
    const time = this.i32() * 4294967296 + lo;
    if (Number.isSafeInteger(time)) return time;
    this.fail(code, 'a time beyond 2^53', start);
    return 0;
  }

  /** A length, which has to be a safe integer. */
  length(): number {
    const start = this.at;
    const first = this.u8();
    if (first < 64) return first;
    if (first < 128) return ((first & 63) << 8) | this.u8();
    if (first === 0x80) return this.#big32();
    if (first === 0x81) {
      const high = this.#big32();
      const length = high * 4294967296 + this.#big32();
      if (Number.isSafeInteger(length)) return length;
    }
    this.fail('bad-length', 'not a length', start);
    return 0;
  }

  /** An unsigned integer of up to 64 bits, encoded as a length. */
  unsigned(): bigint {
    if (this.bytes[this.at] !== 0x81) return BigInt(this.length());
    this.u8();
    const high = BigInt(this.#big32());
    return (high << 32n) | BigInt(this.#big32());
  }

  /**
   * How many elements follow; they are counted against the limit.
   * @param least - bytes that each of them takes at least: a count that cannot be true fails before anything is made.
   */
  count(least: number): number {
    const start = this.at;
    const count = this.length();
    if (count * least > this.left) this.fail(this.#overrun, `${count} elements do not fit into what is left`, start);
    return this.take(count, start) ? count : 0;
  }

  /** Counts elements against the limit; false if they are too many, or reading has failed. */
  take(count: number, at: number = this.at): boolean {
    return this.reading.take(count, this.#origin ?? at);
  }

  string(): Uint8Array {
    const start = this.at;
    const first = start < this.end ? this.bytes[start]! : 0;
    if (first < 0xc0) return this.#plain(start);
    this.at++;
    if (first === 0xc0) return this.#decimal((this.u8() << 24) >> 24);
    if (first === 0xc1) return this.#decimal(((this.u8() | (this.u8() << 8)) << 16) >> 16);
    if (first === 0xc2) return this.#decimal(this.i32());
    if (first === 0xc3) return this.#compressed(start);
    this.fail('bad-string', `a string in encoding ${first & 63}`, start);
    return none;
  }

  /**
   * A string as something to read from: what a packed collection is stored in.
   * @param overrun - the failure that reading past its end is.
   */
  nested(overrun: RdbFailureCode): RdbCursor {
    const start = this.at;
    const isPlain = start < this.end && this.bytes[start]! < 0xc0;
    const bytes = this.string();
    if (!isPlain) return new RdbCursor(this.reading, bytes, 0, bytes.length, overrun, this.#origin ?? start);
    return new RdbCursor(this.reading, this.bytes, this.at - bytes.length, this.at, overrun, this.#origin);
  }

  #plain(start: number): Uint8Array {
    const length = this.length();
    return this.#isTooLong(length, start) ? none : this.view(length);
  }

  #decimal(value: number): Uint8Array {
    return this.failed ? none : this.reading.decimals.text(value);
  }

  #compressed(start: number): Uint8Array {
    const size = this.length();
    const length = this.length();
    if (this.#isTooLong(length, start)) return none;
    const from = this.skip(size);
    if (from < 0) return none;
    if (length > size * lzfMaxRatio) {
      this.fail('bad-lzf', `${size} bytes cannot decompress to ${length}`, start);
      return none;
    }
    if (!this.reading.inflate(length, this.#origin ?? start)) return none;
    const out = new Uint8Array(length);
    if (inflateLzf(this.bytes, from, from + size, out)) return out;
    this.fail('bad-lzf', 'a string does not decompress to its length', start);
    return none;
  }

  #isTooLong(length: number, start: number): boolean {
    const { maxStringBytes } = this.reading.limits;
    if (length > maxStringBytes)
      this.fail('string-too-long', `a string of ${length} bytes, ${maxStringBytes} are allowed`, start);
    return this.failed;
  }

  /** Four bytes, big endian, unsigned. */
  #big32(): number {
    const at = this.skip(4);
    if (at < 0) return 0;
    const { bytes } = this;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }
}
