/**
 * A growing buffer with RDB's encodings of lengths, strings and times. Strings are written as they are: neither
 * compressed nor as integers.
 */
import type { StreamId } from '../rdb-value.ts';

const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

/** The most that a length takes. */
export const longestLength = 9;

export class RdbWriter {
  #bytes: Uint8Array;
  #length: number = 0;

  /** @param capacity - bytes that probably suffice. */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  get size(): number {
    return this.#length;
  }

  /** What was written, as a view that the next write may invalidate. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** The low bytes of a number, little endian. */
  little(value: number, size: number): void {
    this.#room(size);
    for (let i = 0; i < size; i++) this.#bytes[this.#length++] = value >> (8 * i);
  }

  /** Overwrites bytes that were written before, in the same way. */
  setLittle(at: number, value: number, size: number): void {
    for (let i = 0; i < size; i++) this.#bytes[at + i] = value >> (8 * i);
  }

  /** 64 bits, little endian. */
  big(value: bigint): void {
    scratch.setBigInt64(0, value, true);
    this.raw(scratchBytes);
  }

  /** Eight bytes, little endian, of a safe integer. */
  time(value: number): void {
    scratch.setUint32(0, value, true);
    scratch.setInt32(4, Math.floor(value / 4294967296), true);
    this.raw(scratchBytes);
  }

  f64(value: number): void {
    scratch.setFloat64(0, value, true);
    this.raw(scratchBytes);
  }

  raw(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A length: a safe integer, not negative. */
  length(value: number): void {
    if (value < 64) {
      this.u8(value);
    } else if (value < 16384) {
      this.u8(64 | (value >> 8));
      this.u8(value);
    } else if (value <= 0xffffffff) {
      this.u8(0x80);
      scratch.setUint32(0, value);
      this.raw(scratchBytes.subarray(0, 4));
    } else {
      this.unsigned(BigInt(value));
    }
  }

  /** An unsigned integer of 64 bits as a length. */
  unsigned(value: bigint): void {
    if (value <= 0xffffffffn) {
      this.length(Number(value));
      return;
    }
    this.u8(0x81);
    scratch.setBigUint64(0, value);
    this.raw(scratchBytes);
  }

  string(value: Uint8Array): void {
    this.length(value.length);
    this.raw(value);
  }

  /** An id as two lengths. */
  id(id: StreamId): void {
    this.unsigned(id.ms);
    this.unsigned(id.seq);
  }

  /** An id as sixteen bytes. */
  rawId(id: StreamId): void {
    scratch.setBigUint64(0, id.ms);
    this.raw(scratchBytes);
    scratch.setBigUint64(0, id.seq);
    this.raw(scratchBytes);
  }

  #room(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
