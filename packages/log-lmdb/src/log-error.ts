/**
 * Errors of the log: a closed set of codes, each saying whether trying again can help.
 *
 * Messages name what failed, where, and what to do. Misuse by the caller (a record whose range is upside down, a fact
 * name that is too long) is not among them: that is a `RangeError`.
 */

/** What went wrong. */
export type LogErrorCode =
  /** Another process, or this one, holds the folder. */
  | 'in-use'
  /** The folder or its files cannot be created, written or flushed. */
  | 'not-writable'
  /** Stored bytes do not match their checksum, or the folder holds something else. */
  | 'corrupt'
  /** An appended record does not continue its stream. */
  | 'gap'
  /** Written by a newer version. */
  | 'schema'
  /** `maxBytes` reached, or the disk is full. */
  | 'full'
  /** The log has been closed. */
  | 'closed';

const retriable: Record<LogErrorCode, boolean> = {
  'in-use': true,
  'not-writable': false,
  corrupt: false,
  gap: false,
  schema: false,
  full: true,
  closed: false,
};

/** An error raised by the log. `cause` is what the file system or LMDB said, when one of them said something. */
export class LogError extends Error {
  readonly code: LogErrorCode;
  /** Whether the same call may succeed later without a change to the data or the program. */
  readonly retriable: boolean;

  constructor(code: LogErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LogError';
    this.code = code;
    this.retriable = retriable[code];
  }
}
