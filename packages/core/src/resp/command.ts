/**
 * A command of the replication stream, as the decoder hands it out.
 *
 * Rules: a command is a view. Its arguments are ranges of `bytes`, which is the chunk it arrived in (shared with its
 * neighbours) or, for a command that straddled chunks, a buffer of its own. Keeping a command keeps those bytes alive;
 * whoever keeps an argument for long copies it. Nothing here knows what a command means.
 */
import { type ByteString, toByteString } from '../bytes/byte-string.ts';

/** One command with the place it has in the stream. */
export interface Command {
  /** Argument 0 in upper case; the same string object for every occurrence of a known command. */
  readonly name: string;
  /** The bytes that `spans` points into. Never written to. */
  readonly bytes: Uint8Array;
  /** Start and end (exclusive) in `bytes` of each argument, the name first: two numbers per argument. */
  readonly spans: readonly number[];
  /** Stream offset of the command's first byte. */
  readonly start: number;
  /** Stream offset after the command's last byte. */
  readonly end: number;
}

/** How many arguments a command has, its name included. */
export function argumentCount(command: Command): number {
  return command.spans.length >> 1;
}

/** Argument `i` (0 is the name as it was sent), not copied. Throws a RangeError when there is none. */
export function argument(command: Command, i: number): Uint8Array {
  return command.bytes.subarray(spanAt(command, 2 * i), spanAt(command, 2 * i + 1));
}

/** Argument `i` as a byte string. Throws a RangeError when there is none. */
export function argumentText(command: Command, i: number): ByteString {
  return toByteString(command.bytes, spanAt(command, 2 * i), spanAt(command, 2 * i + 1));
}

function spanAt(command: Command, i: number): number {
  const at = command.spans[i];
  if (at === undefined) throw new RangeError(`${command.name} has no argument ${i >> 1}`);
  return at;
}
