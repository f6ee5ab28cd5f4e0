/**
 * A growing byte buffer with the few encodings that entries need. Integers are LEB128 varints unless said otherwise.
 *
 * `take` hands out a copy from the front, so that a finished buffer is never written to again.
 */
import type { ByteString } from './byte-string.ts';
import { crc32 } from './crc32.ts';

const scratch = new Float64Array(1);
const scratchBytes = new Uint8Array(scratch.buffer);
/** What a writer begins anew with. */
const smallest = 64 * 1024;
/** A larger buffer is let go of once all of it is taken. */
const maxKept = 4 * 1024 * 1024;
/** Fewer bytes are copied one by one sooner than by a call. */
const maxCopied = 32;
/** What takes no arithmetic of big integers. */
const [minSmall, maxSmall] = [-(2n ** 32n), 2n ** 32n];

/** Appends values to a buffer that doubles when it is full. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity: number = 4096) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Bytes written and not taken. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** Four bytes, little endian. */
  u32(value: number): void {
    this.#room(4);
    this.setU32(this.#length, value);
    this.#length += 4;
  }

  /** Overwrites four bytes written earlier. */
  setU32(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
  }

  /** A non-negative safe integer as a varint of 1 to 8 bytes. */
  varint(value: number): void {
    this.#room(8);
    const bytes = this.#bytes;
    if (value < 128) {
      bytes[this.#length++] = value;
      return;
    }
    let rest = value;
    while (rest >= 0x80000000) {
      bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      bytes[this.#length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[this.#length++] = rest;
  }

  /** A non-negative integer of up to 63 bits as a varint of 1 to 9 bytes; a bigint only beyond the safe integers. */
  wide(value: number | bigint): void {
    if (typeof value === 'number') this.varint(value);
    else this.#bigVarint(value);
  }

  /** A signed integer of any size: zigzag varint. */
  signed(value: bigint): void {
    if (value >= minSmall && value <= maxSmall) {
      const small = Number(value);
      this.varint(small < 0 ? small * -2 - 1 : small * 2);
      return;
    }
    this.#bigVarint(value < 0n ? -value * 2n - 1n : value * 2n);
  }

  #bigVarint(value: bigint): void {
    let rest = value;
    while (rest >= 128n) {
      this.u8(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.u8(Number(rest));
  }

  /** Eight bytes, IEEE 754, in the platform's (little) endianness. */
  f64(value: number): void {
    scratch[0] = value;
    this.#room(8);
    const bytes = this.#bytes;
    const at = this.#length;
    for (let i = 0; i < 8; i++) bytes[at + i] = scratchBytes[i]!;
    this.#length = at + 8;
  }

  /** A length and the bytes. */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value);
  }

  /** A length and the bytes of a byte string. */
  text(value: ByteString): void {
    const length = value.length;
    this.varint(length);
    this.#room(length);
    const bytes = this.#bytes;
    const at = this.#length;
    for (let i = 0; i < length; i++) bytes[at + i] = value.charCodeAt(i);
    this.#length = at + length;
  }

  raw(value: Uint8Array): void {
    const { length } = value;
    this.#room(length);
    const bytes = this.#bytes;
    const at = this.#length;
    if (length > maxCopied) bytes.set(value, at);
    else for (let i = 0; i < length; i++) bytes[at + i] = value[i]!;
    this.#length = at + length;
  }

  /** The CRC-32 of what was written from `start` on. */
  checksum(start: number): number {
    return crc32(this.#bytes, start, this.#length);
  }

  /** A view of what was written from `start` on; valid until the next write. */
  view(start: number = 0): Uint8Array {
    return this.#bytes.subarray(start, this.#length);
  }

  /** The first `length` bytes, as a copy of exactly that size; what follows them moves to the front. */
  take(length: number = this.#length): Uint8Array {
    if (length === this.#length && this.#bytes.length > maxKept) return this.#release();
    const taken = this.#bytes.slice(0, length);
    this.#bytes.copyWithin(0, length, this.#length);
    this.#length -= length;
    return taken;
  }

  /** Everything, and a new small buffer. A full one goes as it is. */
  #release(): Uint8Array {
    const [bytes, length] = [this.#bytes, this.#length];
    this.#bytes = new Uint8Array(smallest);
    this.#length = 0;
    return length === bytes.length ? bytes : bytes.slice(0, length);
  }

  #room(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
