/**
 * The streaming decoder of a Redis replication stream: what a server sends after the RDB.
 *
 * Rules
 *  1. Bytes go in by `push`, commands come out by `next`: a command, `undefined` for "need more", or a failure that
 *     sticks. The result does not depend on how the stream is cut into chunks.
 *  2. Every byte counts in the offsets. A bare newline, `*0` and `*-1` between commands count and yield nothing.
 *  3. Arguments are not copied; only a command that straddles chunks is (see `chunk-window.ts`). A pushed chunk belongs
 *     to the decoder and must not be written to any more.
 *  4. Lengths are checked against the limits before anything is waited for.
 *  5. Inline commands are words of printable ASCII between blanks; quoting is refused rather than misread. No server
 *     sends them (a Redis replica takes them for corruption): `maxInlineBytes: 0` refuses them.
 *
 * It does not know what commands mean: transactions and databases are the unit reader's, and the RDB is not read here.
 */
import { ChunkWindow } from './chunk-window.ts';
import type { Command } from './command.ts';
import { commandName } from './command-name.ts';
import type { DecodeFailure, DecodeFailureCode } from './decode-failure.ts';
import { type DecodeLimits, defaultDecodeLimits } from './decode-limits.ts';

const lf = 10;
const cr = 13;
const tab = 9;
const space = 32;
const doubleQuote = 34;
const dollar = 36;
const singleQuote = 39;
const star = 42;
const minus = 45;
const zero = 48;

/** Spans are allocated at once up to so many arguments, so that a declared count alone costs no memory. */
const eagerArguments = 64;

/** What `#length` returns instead of an index. */
const incomplete = -1;
const failed = -2;

/** Bytes in, commands out. Mutable; one for each connection. */
export class StreamDecoder {
  readonly #limits: DecodeLimits;
  readonly #window: ChunkWindow;
  #failure: DecodeFailure | undefined = undefined;
  #offset: number;
  /** Index in the window of the first byte of the command being read. */
  #commandAt: number = 0;
  /** Index where reading goes on: at the command's first byte, or at an argument's `$`. */
  #at: number = 0;
  /** Arguments still to come; 0 between commands. */
  #left: number = 0;
  #spans: number[] = [];
  #filled: number = 0;
  /** Bytes known to be missing beyond the window; 0 when it is a line whose end is unknown. */
  #missing: number = 0;
  /** How many bytes of an unfinished inline command have been looked at. */
  #looked: number = 0;
  /** The number read by the last `#length`. */
  #number: number = 0;

  /** @param offset - stream offset of the first byte that will be pushed. */
  constructor(offset: number, limits: Partial<DecodeLimits> = {}) {
    this.#limits = { ...defaultDecodeLimits, ...limits };
    this.#window = new ChunkWindow(offset);
    this.#offset = offset;
  }

  /** Stream offset of the end of the last command returned; the start when there is none. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes pushed beyond `offset`. */
  get buffered(): number {
    return this.#window.pushed - this.#offset;
  }

  /** Adds the bytes that follow. After a failure they are dropped. */
  push(chunk: Uint8Array): void {
    if (this.#failure === undefined) this.#window.push(chunk);
  }

  /** The next command, `undefined` when more bytes are needed for it, or the failure, for good. */
  next(): Command | DecodeFailure | undefined {
    if (this.#failure !== undefined) return this.#failure;
    for (;;) {
      if ((this.#left > 0 || this.#begin()) && this.#arguments()) return this.#finish();
      if (this.#failure !== undefined) return this.#failure;
      if (!this.#refill()) return undefined;
    }
  }

  /** Reads what stands between commands and a command's first line. True when arguments follow (or an inline is whole). */
  #begin(): boolean {
    const { bytes, end } = this.#window;
    this.#missing = 0;
    for (let at = this.#at; at < end; this.#at = at) {
      this.#commandAt = at;
      const type = bytes[at]!;
      if (type === star) {
        at = this.#header(at);
        if (at < 0) return false;
        if (this.#number > 0) {
          this.#at = at;
          this.#left = this.#number;
          this.#filled = 0;
          this.#spans = new Array<number>(2 * Math.min(this.#left, eagerArguments));
          return true;
        }
      } else if (type === lf) {
        at++;
      } else if (type === cr) {
        if (at + 1 === end) return false;
        if (bytes[at + 1] !== lf) return this.#fail('bad-terminator', at + 1, 'CR without LF between commands');
        at += 2;
      } else if ((type | 0x20) >= 97 && (type | 0x20) <= 122) {
        return this.#inline(at);
      } else {
        return this.#fail('bad-type', at, `a command begins with byte ${type}`);
      }
    }
    this.#commandAt = this.#at;
    return false;
  }

  /** The `*count` line at `at`. The count is 0 when it was negative. */
  #header(at: number): number {
    const { bytes, end } = this.#window;
    const { maxArguments } = this.#limits;
    if (at + 1 >= end) return incomplete;
    if (bytes[at + 1] !== minus) return this.#length(at + 1, maxArguments, 'too-many');
    if (at + 2 < end && bytes[at + 2] === zero) {
      this.#fail('bad-length', at + 2, 'minus zero is not a count');
      return failed;
    }
    const next = this.#length(at + 2, maxArguments, 'too-many');
    this.#number = 0;
    return next;
  }

  /** Reads the arguments that are in the window. True when the command is whole. */
  #arguments(): boolean {
    const { bytes, end } = this.#window;
    const { maxArgumentBytes, maxCommandBytes } = this.#limits;
    const spans = this.#spans;
    const longest = this.#commandAt + maxCommandBytes;
    let at = this.#at;
    let left = this.#left;
    let filled = this.#filled;
    this.#missing = 0;
    for (; left > 0; left--) {
      if (at >= end) break;
      if (bytes[at] !== dollar) return this.#fail('bad-type', at, `an argument begins with byte ${bytes[at]}`);
      const body = this.#length(at + 1, maxArgumentBytes, 'too-long');
      if (body < 0) break;
      const stop = body + this.#number;
      if (stop + 2 > longest) return this.#fail('command-too-long', at, `a command above ${maxCommandBytes} bytes`);
      if (stop < end && bytes[stop] !== cr) return this.#fail('bad-terminator', stop, 'an argument does not end in CR');
      if (stop + 2 > end) {
        this.#missing = stop + 2 - end;
        break;
      }
      if (bytes[stop + 1] !== lf) return this.#fail('bad-terminator', stop + 1, 'an argument does not end in CR LF');
      spans[filled] = body;
      spans[filled + 1] = stop;
      filled += 2;
      at = stop + 2;
    }
    this.#at = at;
    this.#left = left;
    this.#filled = filled;
    return left === 0;
  }

  /**
   * Reads a decimal number and its CR LF into `#number`.
   * @returns the index after the line, `incomplete` or `failed`.
   */
  #length(at: number, limit: number, beyond: DecodeFailureCode): number {
    const { bytes, end } = this.#window;
    let number = 0;
    let i = at;
    for (; i < end; i++) {
      const digit = bytes[i]! - zero;
      if (digit < 0 || digit > 9) break;
      if (number === 0 && i > at) return this.#refuse('bad-length', i, 'a length begins with zero');
      number = number * 10 + digit;
      if (number > limit) return this.#refuse(beyond, i, `a length above ${limit}`);
    }
    if (i >= end) return incomplete;
    if (bytes[i] !== cr || i === at) return this.#refuse('bad-length', i, `byte ${bytes[i]} in a length`);
    if (i + 1 >= end) return incomplete;
    if (bytes[i + 1] !== lf) return this.#refuse('bad-terminator', i + 1, 'a length does not end in CR LF');
    this.#number = number;
    return i + 2;
  }

  /** Reads an inline command that begins at `at`. True when it is whole. */
  #inline(at: number): boolean {
    const { bytes, end } = this.#window;
    const { maxInlineBytes } = this.#limits;
    for (let i = at + this.#looked; i < end; i++) {
      const byte = bytes[i]!;
      if (byte === lf) {
        this.#looked = 0;
        this.#words(at, i);
        return true;
      }
      if (i - at >= maxInlineBytes) return this.#fail('inline-too-long', i, `an inline above ${maxInlineBytes} bytes`);
      if (i > at && bytes[i - 1] === cr) return this.#fail('bad-terminator', i, 'CR without LF in an inline command');
      if (!isInline(byte)) return this.#fail('bad-inline', i, `byte ${byte} in an inline command`);
    }
    this.#looked = end - at;
    return false;
  }

  /** Takes down the words of an inline command of which the LF stands at `newline`. */
  #words(start: number, newline: number): void {
    const { bytes } = this.#window;
    const stop = bytes[newline - 1] === cr ? newline - 1 : newline;
    const spans: number[] = [];
    let from = start;
    for (let i = start; i <= stop; i++) {
      if (i < stop && bytes[i] !== space && bytes[i] !== tab) continue;
      if (i > from) spans.push(from, i);
      from = i + 1;
    }
    this.#spans = spans;
    this.#at = newline + 1;
  }

  #finish(): Command {
    const { bytes, origin } = this.#window;
    const spans = this.#spans;
    const start = origin + this.#commandAt;
    const end = origin + this.#at;
    this.#commandAt = this.#at;
    this.#offset = end;
    return { name: commandName(bytes, spans[0]!, spans[1]!), bytes, spans, start, end };
  }

  /** Brings more bytes into the window and moves every index with them. */
  #refill(): boolean {
    const keep = this.#commandAt;
    const at = this.#window.refill(keep, this.#missing);
    if (at < 0) return false;
    const moved = at - keep;
    this.#commandAt = at;
    this.#at += moved;
    if (moved !== 0 && this.#left > 0) for (let i = 0; i < this.#filled; i++) this.#spans[i]! += moved;
    return true;
  }

  #refuse(code: DecodeFailureCode, at: number, message: string): typeof failed {
    this.#fail(code, at, message);
    return failed;
  }

  /** Ends decoding; `at` is the index of the offending byte. */
  #fail(code: DecodeFailureCode, at: number, message: string): false {
    this.#failure = { type: 'failure', code, offset: this.#window.origin + at, message };
    this.#window.clear();
    return false;
  }
}

/** Printable ASCII without quotes, blanks, and the CR that may stand before the newline. */
function isInline(byte: number): boolean {
  if (byte === tab || byte === cr) return true;
  return byte >= space && byte <= 126 && byte !== doubleQuote && byte !== singleQuote;
}
