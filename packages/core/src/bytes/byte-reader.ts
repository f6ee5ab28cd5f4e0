/**
 * Reads what `ByteWriter` wrote. Reading past the end does not throw: it sets `failed` and returns zeros, so that a
 * decoder checks once at its end. Byte results are views, not copies.
 */
import { type ByteString, toByteString } from './byte-string.ts';

const scratch = new Float64Array(1);
const scratchBytes = new Uint8Array(scratch.buffer);
const none = new Uint8Array(0);

/** The longest byte string that is read: no engine of ours makes a longer JavaScript string. */
const maxByteString = 2 ** 29 - 24;

/** A cursor over bytes. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  /** Where the next value is read. */
  at: number;
  /** Whether something was read that was not there, or not canonical. */
  failed = false;

  constructor(bytes: Uint8Array, at: number = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#end = end;
    this.at = at;
  }

  get remaining(): number {
    return this.#end - this.at;
  }

  u8(): number {
    if (this.at >= this.#end) return this.fail();
    return this.#bytes[this.at++]!;
  }

  u32(): number {
    if (this.at + 4 > this.#end) return this.fail();
    const bytes = this.#bytes;
    const at = this.at;
    this.at = at + 4;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  varint(): number {
    if (this.at < this.#end && this.#bytes[this.at]! < 128) return this.#bytes[this.at++]!;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      if (this.at >= this.#end) return this.fail();
      const byte = this.#bytes[this.at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) {
        const canonical = byte !== 0 || i === 0;
        return canonical && Number.isSafeInteger(value) ? value : this.fail();
      }
      scale *= 128;
    }
    return this.fail();
  }

  /** What `ByteWriter.wide` wrote. */
  wide(): number | bigint {
    let length = 0;
    while (this.at + length < this.#end && this.#bytes[this.at + length]! >= 128) length++;
    if (length < 7) return this.varint();
    const end = this.at + length;
    if (length > 8 || end >= this.#end || this.#bytes[end] === 0) return this.fail();
    let value = 0n;
    for (let i = end; i >= this.at; i--) value = (value << 7n) | BigInt(this.#bytes[i]! & 127);
    this.at = end + 1;
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  signed(): bigint {
    const first = this.at < this.#end ? this.#bytes[this.at]! : 128;
    if (first < 128) {
      this.at++;
      return BigInt((first >>> 1) ^ -(first & 1));
    }
    let value = 0n;
    let shift = 0n;
    for (;;) {
      if (this.at >= this.#end || shift > 140n) {
        this.fail();
        return 0n;
      }
      const byte = this.#bytes[this.at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        if (byte === 0 && shift > 0n) this.fail();
        break;
      }
      shift += 7n;
    }
    return value & 1n ? -((value + 1n) >> 1n) : value >> 1n;
  }

  f64(): number {
    if (this.at + 8 > this.#end) return this.fail();
    for (let i = 0; i < 8; i++) scratchBytes[i] = this.#bytes[this.at + i]!;
    this.at += 8;
    const value = scratch[0]!;
    return Number.isNaN(value) ? this.fail() : value; // of many encodings, and no score
  }

  bytes(): Uint8Array {
    const length = this.varint();
    if (this.failed || this.at + length > this.#end) {
      this.fail();
      return none;
    }
    const { buffer, byteOffset } = this.#bytes;
    const value = new Uint8Array(buffer, byteOffset + this.at, length); // cheaper than `subarray`
    this.at += length;
    return value;
  }

  text(): ByteString {
    const length = this.varint();
    if (this.failed || length > maxByteString || this.at + length > this.#end) {
      this.fail();
      return '';
    }
    this.at += length;
    return toByteString(this.#bytes, this.at - length, this.at);
  }

  /** Gives up: nothing more is read. */
  fail(): 0 {
    this.failed = true;
    this.at = this.#end;
    return 0;
  }
}
