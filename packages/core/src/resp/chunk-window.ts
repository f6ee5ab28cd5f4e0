/**
 * The window: chunks of a stream, seen as one run of bytes wherever a command needs it.
 *
 * Rules: a chunk is looked at in place. Only a command that straddles chunks is copied, each byte once into a buffer of
 * its own (the carry), which grows geometrically; the carry takes no byte beyond that command, so what follows it is
 * again read in place. Nothing is written to a chunk or to a carry's filled part, so views of them stay good. The window
 * does not parse: it is told which bytes to keep and how many are missing.
 */

const lf = 10;
/** The least a carry is made for. */
const smallest = 256;
/** Up to this size a carry is made for a declared length at once; beyond it, it grows with what has arrived. */
const eager = 1_048_576;

const none: Uint8Array = new Uint8Array(0);

/** Chunks in, a contiguous window out. */
export class ChunkWindow {
  /** The bytes at hand; those from `end` on do not count. */
  bytes: Uint8Array = none;
  end: number = 0;
  /** Stream offset of `bytes[0]`. */
  origin: number;
  #carried: boolean = false;
  #chunk: Uint8Array = none;
  /** First byte of `#chunk` that has not been in the window. */
  #chunkAt: number = 0;
  #chunkOrigin: number;
  #queue: Uint8Array[] = [];
  #head: number = 0;
  #pushed: number;

  /** @param offset - stream offset of the first byte to be pushed. */
  constructor(offset: number) {
    this.origin = offset;
    this.#chunkOrigin = offset;
    this.#pushed = offset;
  }

  /** Stream offset after the last byte pushed. */
  get pushed(): number {
    return this.#pushed;
  }

  push(chunk: Uint8Array): void {
    this.#pushed += chunk.length;
    if (chunk.length > 0) this.#queue.push(chunk);
  }

  /**
   * Brings more bytes into the window, which begins anew.
   * @param keep - index in `bytes` of the first byte still needed.
   * @param missing - how many bytes beyond `end` are certainly needed; 0 when it is a line whose end is unknown.
   * @returns where the byte at `keep` now stands, or -1 when nothing has been pushed.
   */
  refill(keep: number, missing: number): number {
    if (!this.#advance()) return -1;
    if (keep === this.end) return this.#look();
    const chunk = this.#chunk;
    const from = this.#chunkAt;
    const left = chunk.length - from;
    let take = Math.min(missing, left);
    if (missing === 0) {
      const newline = chunk.indexOf(lf, from);
      take = newline < 0 ? left : newline + 1 - from;
    }
    let at = keep;
    if (!this.#carried) {
      this.#carry(keep, missing);
      at = 0;
    }
    this.#grow(this.end + take, this.end + missing);
    this.bytes.set(chunk.subarray(from, from + take), this.end);
    this.end += take;
    this.#chunkAt += take;
    return at;
  }

  /** Lets go of everything held. */
  clear(): void {
    this.bytes = none;
    this.end = 0;
    this.#chunk = none;
    this.#chunkAt = 0;
    this.#queue = [];
    this.#head = 0;
  }

  /** Sees to it that `#chunk` has an unseen byte. */
  #advance(): boolean {
    if (this.#chunkAt < this.#chunk.length) return true;
    const next = this.#queue[this.#head];
    if (next === undefined) return false;
    this.#chunkOrigin += this.#chunk.length;
    this.#chunk = next;
    this.#chunkAt = 0;
    this.#queue[this.#head] = none;
    this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    }
    return true;
  }

  /** Makes the unseen part of the chunk the window, in place. */
  #look(): number {
    const at = this.#chunkAt;
    this.bytes = this.#chunk;
    this.end = this.#chunk.length;
    this.origin = this.#chunkOrigin;
    this.#chunkAt = this.#chunk.length;
    this.#carried = false;
    return at;
  }

  #carry(keep: number, missing: number): void {
    const tail = this.bytes.subarray(keep, this.end);
    const carry = new Uint8Array(Math.max(smallest, 2 * tail.length, Math.min(tail.length + missing, eager)));
    carry.set(tail);
    this.bytes = carry;
    this.end = tail.length;
    this.origin += keep;
    this.#carried = true;
  }

  /** Makes room for `needed` bytes; `declared` is how many are known to come. */
  #grow(needed: number, declared: number): void {
    const room = this.bytes.length;
    if (needed <= room) return;
    const least = Math.max(needed, Math.ceil(1.5 * room));
    const grown = new Uint8Array(Math.max(least, Math.min(declared, Math.max(eager, 2 * room))));
    grown.set(this.bytes.subarray(0, this.end));
    this.bytes = grown;
  }
}
