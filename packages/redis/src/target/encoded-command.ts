/**
 * A command whose bytes are ready, for ioredis to send and to match with its reply.
 *
 * Rules: carries no arguments, so that ioredis neither inspects nor copies any; `written` tells whether its bytes were
 * ever handed to a socket, which is the difference between "did not reach the server" and "nobody knows".
 */
import { Command } from 'ioredis';

/** A pre-encoded command. */
export class EncodedCommand extends Command {
  readonly #bytes: Buffer;
  written = false;

  constructor(bytes: Buffer) {
    // The upper case keeps ioredis' transformers, which go by the lower-case name, away from the reply.
    super('EVALSHA', []);
    this.#bytes = bytes;
  }

  override toWritable(): Buffer {
    this.written = true;
    return this.#bytes;
  }
}
