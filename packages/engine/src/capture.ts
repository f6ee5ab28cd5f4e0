/**
 * Capture: bytes of the replication stream into units, and the place up to which they were read.
 *
 * The place is only ever the end of a unit, so it is where reading can be resumed.
 */
import { type Position, StreamDecoder, type Unit, UnitReader } from '@entwine/core';

/** Receives what is read. */
export interface CaptureHost {
  unit(unit: Unit): void;
  quiet(end: number, db: number): void;
}

/** The stream cannot be read on: it is damaged, or beyond a limit. */
export class CaptureError extends Error {
  override name = 'CaptureError';
}

/** Reads one attachment's stream. */
export class Capture {
  readonly #decoder: StreamDecoder;
  readonly #reader: UnitReader;
  readonly #host: CaptureHost;

  constructor(position: Position, host: CaptureHost) {
    this.#decoder = new StreamDecoder(position.offset, { maxInlineBytes: 0 });
    this.#reader = new UnitReader(position);
    this.#host = host;
  }

  /** Reads on. Throws CaptureError; nothing can be read after that. */
  bytes(chunk: Uint8Array): void {
    // Views of a plain array are cheaper to make than those of a Buffer.
    this.#decoder.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    for (;;) {
      const command = this.#decoder.next();
      if (command === undefined) return;
      if ('code' in command)
        throw new CaptureError(`the replication stream cannot be read at offset ${command.offset}: ${command.message}`);
      const event = this.#reader.push(command);
      if (event === undefined) continue;
      if (event.type === 'unit') this.#host.unit(event.unit);
      else if (event.type === 'quiet') this.#host.quiet(event.end, event.db);
      else throw new CaptureError(`the replication stream makes no sense at offset ${event.offset}: ${event.message}`);
    }
  }
}
