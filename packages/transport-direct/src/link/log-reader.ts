/**
 * The reading end of a link: data frames in, batches to the host.
 *
 * Rules: batches continue one another without a gap, and one that does not ends the link. A batch in several frames is put
 * together in one buffer made once. While paused nothing is delivered and no credit is granted; what was under way is
 * held, which the window bounds. Credit counts the bytes of payloads: granted back when a batch was delivered, and for the
 * pieces of an unfinished batch as they come, or a batch larger than the window would never arrive. Grants are saved up to
 * a quarter of the window; so the sender always has credit left while we owe some, and no timer is needed.
 */
import type { EntryBatch, Origin } from '@entwine/core';
import { LinkError } from '../link-error.ts';
import { readData } from '../wire/read-payload.ts';

/** What a reader needs of its surroundings. */
export interface LogReaderPort {
  deliver(batch: EntryBatch): void;
  grant(bytes: number): void;
}

/** Limits of a reader, in bytes. */
export interface LogReaderLimits {
  readonly windowBytes: number;
  readonly maxBatchBytes: number;
}

interface Assembly {
  readonly first: number;
  readonly last: number;
  readonly body: Uint8Array;
  filled: number;
}

interface Held {
  readonly batch: EntryBatch;
  readonly cost: number;
}

/** One connection's worth of one origin's log. */
export class LogReader {
  readonly #origin: Origin;
  readonly #limits: LogReaderLimits;
  readonly #port: LogReaderPort;
  #expected: number;
  #paused: boolean;
  #room: number;
  #owed = 0;
  #assembly: Assembly | undefined;
  #held: Held[] = [];
  #delivering = false;
  #stopped = false;

  /** @param from - the first sequence number that has to come. */
  constructor(origin: Origin, from: number, paused: boolean, limits: LogReaderLimits, port: LogReaderPort) {
    this.#origin = origin;
    this.#expected = from;
    this.#paused = paused;
    this.#limits = limits;
    this.#room = limits.windowBytes;
    this.#port = port;
  }

  /** Takes the payload of a data frame. @returns why the link must end, if it must. */
  data(payload: Uint8Array): LinkError | undefined {
    const data = readData(payload);
    if (data === undefined || this.#assembly !== undefined) return new LinkError('violation', 'malformed data frame');
    const { first, last, total, piece } = data;
    if (first > this.#expected || last < this.#expected) {
      return new LinkError('gap', `expected ${this.#origin} ${this.#expected}, got ${first} to ${last}`);
    }
    if (total > this.#limits.maxBatchBytes) {
      return new LinkError('oversized', `a batch of ${total} bytes; at most ${this.#limits.maxBatchBytes} are taken`);
    }
    const error = this.#charge(payload.length);
    if (error !== undefined) return error;
    if (piece.length === total) {
      this.#take({ first, last, body: piece }, payload.length);
      return undefined;
    }
    const body = new Uint8Array(total);
    body.set(piece);
    this.#assembly = { first, last, body, filled: piece.length };
    this.#owe(payload.length);
    return undefined;
  }

  /** Takes the payload of a more frame. @returns why the link must end, if it must. */
  more(payload: Uint8Array): LinkError | undefined {
    const assembly = this.#assembly;
    if (assembly === undefined || payload.length > assembly.body.length - assembly.filled) {
      return new LinkError('violation', 'more of a batch than there is');
    }
    const error = this.#charge(payload.length);
    if (error !== undefined) return error;
    assembly.body.set(payload, assembly.filled);
    assembly.filled += payload.length;
    if (assembly.filled < assembly.body.length) {
      this.#owe(payload.length);
      return undefined;
    }
    this.#assembly = undefined;
    this.#take(assembly, payload.length);
    return undefined;
  }

  /** Delivers nothing more until `resume`. */
  pause(): void {
    this.#paused = true;
  }

  /** Delivers what was held, and grants what that frees. */
  resume(): void {
    this.#paused = false;
    this.#deliverHeld();
    this.#owe(0);
  }

  /** Drops what is held; nothing is delivered from here on. */
  stop(): void {
    this.#stopped = true;
    this.#held = [];
    this.#assembly = undefined;
  }

  #charge(bytes: number): LinkError | undefined {
    // The sender may go over by one frame: it sends while it has any credit at all.
    if (this.#room <= 0) return new LinkError('violation', 'more data than was granted');
    this.#room -= bytes;
    return undefined;
  }

  #take(part: { readonly first: number; readonly last: number; readonly body: Uint8Array }, cost: number): void {
    const batch: EntryBatch = { origin: this.#origin, first: part.first, last: part.last, body: part.body };
    this.#expected = part.last + 1;
    this.#held.push({ batch, cost });
    this.#deliverHeld();
  }

  /** The host may pause, resume, or close from within `deliver`. */
  #deliverHeld(): void {
    if (this.#delivering || this.#paused) return;
    this.#delivering = true;
    let done = 0;
    try {
      while (done < this.#held.length && !this.#paused) {
        const { batch, cost } = this.#held[done++]!;
        this.#port.deliver(batch);
        if (this.#stopped) return;
        this.#owe(cost);
      }
    } finally {
      this.#delivering = false;
      this.#held.splice(0, done);
    }
  }

  #owe(bytes: number): void {
    this.#owed += bytes;
    if (this.#stopped || this.#paused || this.#owed * 4 < this.#limits.windowBytes) return;
    const bytesGranted = this.#owed;
    this.#owed = 0;
    this.#room += bytesGranted;
    this.#port.grant(bytesGranted);
  }
}
