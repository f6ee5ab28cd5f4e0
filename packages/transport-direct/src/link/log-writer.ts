/**
 * The sending end of a link: our own log from a sequence number on, as far as the reader's credit and the socket go.
 *
 * Rules: nothing is kept but the batch being sent; the log is the retransmission buffer. It sends while there is any credit
 * and the socket has room, and is pumped again when the log was flushed, credit came, or the socket took a write. Batches
 * that do not fit a frame go in several. It never waits by a timer.
 */
import type { EntryBatch } from '@entwine/core';
import { LinkError } from '../link-error.ts';
import { dataHead, dataHeadBytes, moreHead } from '../wire/encode-frame.ts';

/** What a writer needs of its surroundings. */
export interface LogWriterPort {
  readOwn(from: number, maxBytes: number): EntryBatch | undefined;
  /** Whether the socket takes more. If not, `pump` is called when it does. */
  room(): boolean;
  write(head: Uint8Array, body: Uint8Array): void;
  acknowledged(seq: number): void;
}

/** Limits of a writer, in bytes; `maxFrameBytes` is what both sides allow. */
export interface LogWriterLimits {
  readonly maxSendBytes: number;
  readonly maxFrameBytes: number;
  readonly maxBatchBytes: number;
}

/** One connection's worth of our log. */
export class LogWriter {
  readonly #limits: LogWriterLimits;
  readonly #port: LogWriterPort;
  #next: number;
  #flushed: number;
  #credit: number;
  #acknowledged = 0;
  #batch: EntryBatch | undefined;
  #sent = 0;
  #pumping = false;
  #stopped = false;

  /**
   * @param from - the first sequence number to send. @param flushed - the last one that is there.
   * @param credit - bytes that the reader takes at first.
   */
  constructor(from: number, flushed: number, credit: number, limits: LogWriterLimits, port: LogWriterPort) {
    this.#next = from;
    this.#flushed = flushed;
    this.#credit = credit;
    this.#limits = limits;
    this.#port = port;
  }

  /** Our log reaches to `seq` now. @returns why the link must end, if it must. */
  flushed(seq: number): LinkError | undefined {
    if (seq > this.#flushed) this.#flushed = seq;
    return this.pump();
  }

  /** The reader takes more. @returns why the link must end, if it must. */
  credit(bytes: number): LinkError | undefined {
    this.#credit += bytes;
    if (!Number.isSafeInteger(this.#credit)) return new LinkError('violation', 'credit beyond reason');
    return this.pump();
  }

  /** The reader has settled our log up to `seq`. @returns why the link must end, if it must. */
  ack(seq: number): LinkError | undefined {
    if (seq >= this.#next) return new LinkError('violation', `${seq} was acknowledged, but never sent`);
    if (seq <= this.#acknowledged) return undefined;
    this.#acknowledged = seq;
    this.#port.acknowledged(seq);
    return undefined;
  }

  /** Sends what can be sent. @returns why the link must end, if it must. */
  pump(): LinkError | undefined {
    if (this.#pumping) return undefined;
    this.#pumping = true;
    try {
      while (!this.#stopped && this.#credit > 0 && this.#port.room()) {
        const batch = this.#batch ?? this.#read();
        if (batch === undefined || batch instanceof LinkError) return batch;
        this.#send(batch);
      }
    } finally {
      this.#pumping = false;
    }
    return undefined;
  }

  /** Sends nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#batch = undefined;
  }

  /** The next batch, if there is one. */
  #read(): EntryBatch | LinkError | undefined {
    if (this.#next > this.#flushed) return undefined;
    const batch = this.#port.readOwn(this.#next, this.#limits.maxSendBytes);
    if (batch === undefined) return undefined;
    if (batch.first > this.#next) {
      return new LinkError(
        'trimmed',
        `${this.#next} is no longer kept, only ${batch.first} and later: resync required`,
      );
    }
    if (batch.last < this.#next) {
      return new LinkError('host', `asked for ${this.#next}, the log gave ${batch.first} to ${batch.last}`);
    }
    if (batch.body.length > this.#limits.maxBatchBytes) {
      return new LinkError('oversized', `${batch.first} to ${batch.last} are ${batch.body.length} bytes`);
    }
    this.#batch = batch;
    this.#sent = 0;
    return batch;
  }

  #send(batch: EntryBatch): void {
    const { body } = batch;
    const isFirst = this.#sent === 0;
    const space = this.#limits.maxFrameBytes - (isFirst ? dataHeadBytes : 0);
    const end = Math.min(body.length, this.#sent + space);
    const piece = isFirst && end === body.length ? body : body.subarray(this.#sent, end);
    const head = isFirst ? dataHead(batch.first, batch.last, body.length, piece.length) : moreHead(piece.length);
    this.#credit -= piece.length + (isFirst ? dataHeadBytes : 0);
    this.#sent = end;
    if (end === body.length) {
      this.#batch = undefined;
      this.#next = batch.last + 1;
    }
    this.#port.write(head, piece);
  }
}
