/**
 * Numbers and their decimal texts, as the server converts them: elements that it stores as integers are texts to its
 * clients, scores that it stores as texts are numbers.
 */

const minus = 45;
const zero = 48;
const longest = 20;
const chunkBytes = 8192;

/**
 * Makes the texts of integers. They share buffers of a few kilobytes, since a buffer of its own for each would cost far
 * more than the digits.
 */
export class Decimals {
  #chunk: Uint8Array = new Uint8Array(0);
  #at: number = 0;

  /** @param value - an integer; a safe one if it is a number. */
  text(value: number | bigint): Uint8Array {
    if (this.#at + longest > this.#chunk.length) {
      this.#chunk = new Uint8Array(chunkBytes);
      this.#at = 0;
    }
    const start = this.#at;
    const end = typeof value === 'number' && value === (value | 0) ? this.#small(value) : this.#large(`${value}`);
    this.#at = end;
    return new Uint8Array(this.#chunk.buffer, start, end - start);
  }

  #small(value: number): number {
    const chunk = this.#chunk;
    let at = this.#at;
    let rest = value < 0 ? -value : value;
    if (value < 0) chunk[at++] = minus;
    let digits = 1;
    for (let power = 10; power <= rest; power *= 10) digits++;
    for (let i = at + digits - 1; i >= at; i--) {
      const next = (rest / 10) >>> 0;
      chunk[i] = zero + (rest - next * 10);
      rest = next;
    }
    return at + digits;
  }

  #large(text: string): number {
    for (let i = 0; i < text.length; i++) this.#chunk[this.#at + i] = text.charCodeAt(i);
    return this.#at + text.length;
  }
}

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const infinity = /^([+-]?)inf(?:inity)?$/i;
/** Longer than any score that a server writes. */
const longestScore = 350;

/** The number that the bytes from `start` to `end` spell, or undefined: of a score, so never NaN. */
export function parseScore(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start > longestScore) return undefined;
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  if (number.test(text)) return Number(text);
  const match = infinity.exec(text);
  if (match === null) return undefined;
  return match[1] === '-' ? -Infinity : Infinity;
}
