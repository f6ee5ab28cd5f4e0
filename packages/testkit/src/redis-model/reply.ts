/** What the model replies, and how it refuses. Bulk strings are byte strings: one character (0 to 255) for each byte. */

/** A status, as `+OK`. */
export interface Status {
  readonly status: string;
}

/** An error, as `-ERR …`; `error` is the text without the dash. */
export interface Failure {
  readonly error: string;
}

/** Bulk string, integer (a bigint beyond 2^53), nothing, status, error, array. */
export type ModelReply = string | number | bigint | null | Status | Failure | readonly ModelReply[];

export const ok: Status = { status: 'OK' };

/** Raised by a command that refuses; the client gets it as its reply. A command that raises it has changed nothing. */
export class Refusal extends Error {
  constructor(message: string) {
    // A reply like any other: nobody reads where it came from, and to find out takes longer than most commands.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

export const wrongType = 'WRONGTYPE Operation against a key holding the wrong kind of value';
export const notAnInteger = 'ERR value is not an integer or out of range';
export const notAFloat = 'ERR value is not a valid float';
export const syntaxError = 'ERR syntax error';
export const noSuchKey = 'ERR no such key';

/** A client's words as an error shows them: up to a NUL, in one line. */
export function printed(text: string): string {
  return text.split('\0', 1)[0]!.replace(/[\r\n]/g, ' ');
}

/** @param command - as the table has it */
export function wrongArity(command: string): string {
  return `ERR wrong number of arguments for '${command.toLowerCase().replace(' ', '|')}' command`;
}

/** An integer reply. */
export function integer(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

export function isFailure(reply: ModelReply): reply is Failure {
  return typeof reply === 'object' && reply !== null && 'error' in reply;
}
