/**
 * One direction of one proxied connection: bytes go on in order, late, held back, or not at all.
 *
 * Memory is bounded: reading from the giving socket stops while more than `highWater` bytes wait here, except when
 * bytes are held on purpose.
 */
import type { Socket } from 'node:net';

/** What one direction does to every connection, present and future. Changed by the proxy at any time. */
export interface Direction {
  delayMs: number;
  /** Up to so much is added to the delay, at random. */
  jitterMs: number;
  /** Bytes stay here until this is cleared. */
  blocked: boolean;
  /** When so many more bytes have passed (over all connections), the connection is cut; undefined: never. */
  cutAfter: number | undefined;
  /** Bytes that have passed so far, over all connections. */
  passed: number;
  /** Asked about every chunk; when true, this chunk and all that follow on its connection are held back. */
  catchWhen: ((chunk: Buffer) => boolean) | undefined;
  caught: ((pipe: Pipe) => void) | undefined;
}

const highWater = 4 * 1024 * 1024;

export class Pipe {
  #from: Socket;
  #to: Socket;
  #direction: Direction;
  #cut: () => void;
  #jitter: () => number;
  #queue: { readonly due: number; readonly bytes: Buffer }[] = [];
  #queuedBytes = 0;
  #held = false;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, direction: Direction, cut: () => void, jitter: () => number) {
    this.#from = from;
    this.#to = to;
    this.#direction = direction;
    this.#cut = cut;
    this.#jitter = jitter;
    from.on('data', (bytes) => this.#take(bytes));
    from.on('end', () => this.end());
    to.on('drain', () => this.flow());
  }

  /** Whether bytes are held back here on purpose; such a pipe outlives the giving side's end. */
  get held(): boolean {
    return this.#held;
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.#queuedBytes;
  }

  /** Lets go of what `catchWhen` held back. */
  release(): void {
    this.#held = false;
    this.flow();
  }

  /** Passes on what is due. */
  flow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#held || this.#direction.blocked || this.#to.destroyed) return;
    const now = performance.now();
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (next.due > now) {
        this.#timer = setTimeout(() => this.flow(), next.due - now);
        break;
      }
      if (this.#to.writableNeedDrain) break;
      this.#queue.shift();
      this.#queuedBytes -= next.bytes.length;
      if (!this.#pass(next.bytes)) return;
    }
    if (this.#queue.length === 0 && this.#ended) this.#to.end();
    if (this.#queuedBytes < highWater) this.#from.resume();
  }

  /** Nothing more comes; ends the other side after what waits. */
  end(): void {
    this.#ended = true;
    this.flow();
  }

  /** Forgets what waits. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #take(bytes: Buffer): void {
    const { catchWhen, delayMs, jitterMs } = this.#direction;
    if (!this.#held && catchWhen?.(bytes)) {
      this.#held = true;
      this.#direction.catchWhen = undefined;
      this.#direction.caught?.(this);
    }
    const last = this.#queue.at(-1)?.due ?? 0;
    const due = delayMs + jitterMs === 0 ? 0 : performance.now() + delayMs + jitterMs * this.#jitter();
    this.#queue.push({ due: Math.max(due, last), bytes });
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes >= highWater && !this.#held) this.#from.pause();
    this.flow();
  }

  /** False when the connection was cut at this chunk. */
  #pass(bytes: Buffer): boolean {
    const direction = this.#direction;
    if (direction.cutAfter === undefined || bytes.length < direction.cutAfter) {
      if (direction.cutAfter !== undefined) direction.cutAfter -= bytes.length;
      direction.passed += bytes.length;
      this.#to.write(bytes);
      return true;
    }
    const rest = direction.cutAfter;
    direction.cutAfter = undefined;
    direction.passed += rest;
    this.#to.write(bytes.subarray(0, rest), this.#cut);
    return false;
  }
}
