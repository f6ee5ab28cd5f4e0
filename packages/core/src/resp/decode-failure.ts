/**
 * Why a replication stream cannot be decoded.
 *
 * Rules: a failure is a value, names the offending byte by its stream offset, and does not depend on how the stream was
 * cut into chunks. It means that the peer (or the offset we asked for) is wrong; misuse of the decoder is not reported
 * this way. There is no recovery: after a failure nothing says where the next command begins.
 */

/**
 * - `bad-type`: a command begins with neither `*`, a newline nor a letter, or an argument not with `$`.
 * - `bad-length`: a length is not a decimal number as Redis writes it, or an argument's is negative.
 * - `bad-terminator`: CR LF is missing after a length or an argument.
 * - `bad-inline`: an inline command holds a quote or a byte that is not printable ASCII.
 * - `too-many`, `too-long`, `command-too-long`, `inline-too-long`: beyond `maxArguments`, `maxArgumentBytes`,
 *   `maxCommandBytes`, `maxInlineBytes`.
 */
export type DecodeFailureCode =
  | 'bad-type'
  | 'bad-length'
  | 'bad-terminator'
  | 'bad-inline'
  | 'too-many'
  | 'too-long'
  | 'command-too-long'
  | 'inline-too-long';

/** The end of decoding. */
export interface DecodeFailure {
  readonly type: 'failure';
  readonly code: DecodeFailureCode;
  /**
   * Stream offset of the offending byte. Of a length above its limit it is the digit that exceeds it; of a command
   * that grows too long, the `$` of the argument that makes it so.
   */
  readonly offset: number;
  /** For people. */
  readonly message: string;
}
