/** Writes listpacks, one after the other into the same buffer. Strings stay strings, also those that spell an integer. */
import { RdbWriter } from './rdb-writer.ts';

const headerBytes = 6;
const terminator = 0xff;
const uncounted = 0xffff;
const longest = 0xffffffff;

export class ListpackWriter {
  readonly #to: RdbWriter = new RdbWriter(8192);
  #count: number = 0;

  constructor() {
    this.begin();
  }

  /** Bytes so far. */
  get size(): number {
    return this.#to.size;
  }

  /** Forgets what was written. */
  begin(): void {
    this.#to.clear();
    this.#to.little(0, headerBytes);
    this.#count = 0;
  }

  /** A signed integer of 64 bits. */
  integer(value: bigint): void {
    const to = this.#to;
    const start = to.size;
    if (value >= 0n && value < 128n) {
      to.u8(Number(value));
    } else if (value >= -0x80000000n && value < 0x80000000n) {
      to.u8(0xf3);
      to.little(Number(value), 4);
    } else {
      to.u8(0xf4);
      to.big(value);
    }
    this.#end(start);
  }

  string(value: Uint8Array): void {
    const to = this.#to;
    const start = to.size;
    const { length } = value;
    if (length < 64) {
      to.u8(0x80 | length);
    } else if (length < 4096) {
      to.u8(0xe0 | (length >> 8));
      to.u8(length);
    } else {
      to.u8(0xf0);
      to.little(length, 4);
    }
    to.raw(value);
    this.#end(start);
  }

  /** The whole listpack, as a view that is good until `begin`. */
  finish(): Uint8Array {
    const to = this.#to;
    to.u8(terminator);
    if (to.size > longest) throw new RangeError('An entry of the stream is too long for a listpack.');
    to.setLittle(0, to.size, 4);
    to.setLittle(4, Math.min(this.#count, uncounted), 2);
    return to.view();
  }

  /** The length of the element that began at `start`, backwards: seven bits a byte, all but the first marked. */
  #end(start: number): void {
    const size = this.#to.size - start;
    const width = size < 128 ? 1 : size < 16383 ? 2 : size < 2097151 ? 3 : size < 268435455 ? 4 : 5;
    for (let i = width - 1; i >= 0; i--) this.#to.u8((Math.floor(size / 128 ** i) & 127) | (i === width - 1 ? 0 : 128));
    this.#count++;
  }
}
