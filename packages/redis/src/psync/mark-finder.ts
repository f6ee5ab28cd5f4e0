/**
 * Finds where a mark ends in bytes that come in pieces.
 *
 * Rules: pure; holds at most one byte less than the mark between pieces; a mark split anywhere is found. Used for the 40
 * bytes that end an RDB of unknown length. The mark is random, so a first match is the end.
 */

/** Looks for one mark, once. */
export class MarkFinder {
  readonly #mark: Buffer;
  #tail: Buffer = Buffer.alloc(0);

  constructor(mark: Buffer) {
    this.#mark = mark;
  }

  /** The index in `chunk` just behind the mark, or -1 when it has not ended yet. Pieces must come in order. */
  find(chunk: Buffer): number {
    const size = this.#mark.length;
    const tailLength = this.#tail.length;
    if (tailLength > 0) {
      const seam = Buffer.concat([this.#tail, chunk.subarray(0, size - 1)]);
      const at = seam.indexOf(this.#mark);
      if (at >= 0) return at + size - tailLength;
    }
    const at = chunk.indexOf(this.#mark);
    if (at >= 0) return at + size;
    const kept = chunk.length >= size - 1 ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = Buffer.from(kept.subarray(Math.max(0, kept.length - (size - 1))));
    return -1;
  }
}
