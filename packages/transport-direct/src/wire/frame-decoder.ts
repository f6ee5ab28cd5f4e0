/**
 * Bytes in, frames out.
 *
 * A frame is: length of the payload (u32, big endian), type (u8), payload. `push` takes the bytes as they come; `next` is
 * called until it says need-more. A failure sticks: every later `next` repeats it. The length is checked before anything
 * is allocated. A payload that lies within one pushed chunk is a view of it; one that spans chunks is copied once, however
 * many there are. It does not know what payloads mean, nor what may follow what.
 */
import { type FrameType, isFrameType } from './frame-type.ts';

/** Bytes before the payload. */
export const frameHeaderBytes = 5;

/** Why the bytes are no frames. `at`: bytes of the stream before the frame that failed. */
export interface FrameFailure {
  readonly kind: 'failed';
  readonly reason: 'oversized' | 'unknown-type';
  readonly at: number;
  /** The length that the frame claims. */
  readonly length: number;
  /** The type byte. */
  readonly type: number;
}

/** What `FrameDecoder.next` returns. */
export type FrameResult =
  | { readonly kind: 'frame'; readonly type: FrameType; readonly payload: Uint8Array }
  | { readonly kind: 'need-more' }
  | FrameFailure;

const needMore: FrameResult = { kind: 'need-more' };

/** Cuts a byte stream into frames. */
export class FrameDecoder {
  #maxPayload: number;
  #failure: FrameFailure | undefined;
  /** Chunks not yet read, the first one from `#offset` on. */
  #chunks: Uint8Array[] = [];
  #head = 0;
  #offset = 0;
  #consumed = 0;
  readonly #header: Uint8Array = new Uint8Array(frameHeaderBytes);
  #headerFilled = 0;
  #type: FrameType = 1;
  #payload: Uint8Array | undefined;
  #payloadFilled = 0;

  /** @param maxPayload - the longest payload that is accepted, in bytes. */
  constructor(maxPayload: number) {
    this.#maxPayload = maxPayload;
  }

  /** Sets the limit for frames not yet begun. */
  allow(maxPayload: number): void {
    this.#maxPayload = maxPayload;
  }

  /** Takes bytes. They must not change afterwards: payloads are views of them. */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0 && this.#failure === undefined) this.#chunks.push(chunk);
  }

  /** The next frame, need-more, or the failure that ended it all. */
  next(): FrameResult {
    if (this.#failure !== undefined) return this.#failure;
    if (this.#payload === undefined) {
      if (!this.#fillHeader()) return needMore;
      const failure = this.#checkHeader();
      if (failure !== undefined) return failure;
      this.#headerFilled = 0;
      const length = this.#length();
      const whole = this.#takeView(length);
      if (whole !== undefined) return { kind: 'frame', type: this.#type, payload: whole };
      this.#payload = new Uint8Array(length);
      this.#payloadFilled = 0;
    }
    return this.#fillPayload(this.#payload);
  }

  #fillHeader(): boolean {
    while (this.#headerFilled < frameHeaderBytes) {
      const chunk = this.#chunk();
      if (chunk === undefined) return false;
      this.#header[this.#headerFilled++] = chunk[this.#offset]!;
      this.#advance(1);
    }
    return true;
  }

  #length(): number {
    const header = this.#header;
    return header[0]! * 0x1000000 + ((header[1]! << 16) | (header[2]! << 8) | header[3]!);
  }

  #checkHeader(): FrameFailure | undefined {
    const type = this.#header[4]!;
    const length = this.#length();
    if (isFrameType(type) && length <= this.#maxPayload) {
      this.#type = type;
      return undefined;
    }
    const reason = isFrameType(type) ? 'oversized' : 'unknown-type';
    this.#failure = { kind: 'failed', reason, at: this.#consumed - frameHeaderBytes, length, type };
    this.#chunks = [];
    return this.#failure;
  }

  /** The next `length` bytes, if they are all in the current chunk. */
  #takeView(length: number): Uint8Array | undefined {
    if (length === 0) return new Uint8Array(0);
    const chunk = this.#chunk();
    if (chunk === undefined || chunk.length - this.#offset < length) return undefined;
    // A plain Uint8Array, whatever the chunk is: a Buffer's slice() would be a view where a copy is meant.
    const view = new Uint8Array(chunk.buffer, chunk.byteOffset + this.#offset, length);
    this.#advance(length);
    return view;
  }

  #fillPayload(payload: Uint8Array): FrameResult {
    while (this.#payloadFilled < payload.length) {
      const chunk = this.#chunk();
      if (chunk === undefined) return needMore;
      const take = Math.min(chunk.length - this.#offset, payload.length - this.#payloadFilled);
      payload.set(chunk.subarray(this.#offset, this.#offset + take), this.#payloadFilled);
      this.#payloadFilled += take;
      this.#advance(take);
    }
    this.#payload = undefined;
    return { kind: 'frame', type: this.#type, payload };
  }

  #chunk(): Uint8Array | undefined {
    return this.#chunks[this.#head];
  }

  #advance(bytes: number): void {
    this.#offset += bytes;
    this.#consumed += bytes;
    if (this.#offset < this.#chunks[this.#head]!.length) return;
    this.#offset = 0;
    this.#head++;
    if (this.#head === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#head = 0;
    }
  }
}
