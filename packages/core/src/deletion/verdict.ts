/**
 * What a delete in the stream was, and what is asked about one.
 */

/** All verdicts. */
export const verdicts = ['user', 'expired', 'evicted', 'mixed'] as const;

/**
 * - `user`: a command of a client; surely no expiry and no eviction.
 * - `expired`, `evicted`: the server's own; as many events as deletes of this key stood in its window.
 * - `mixed`: not to be told. It may kill only what this site had seen (observed-remove).
 */
export type Verdict = (typeof verdicts)[number];

/** A DEL or UNLINK of exactly one key, as read from the stream. */
export interface StreamDelete {
  readonly db: number;
  /** Byte string. */
  readonly key: string;
  /** Stream offset of the end of the unit that holds it. */
  readonly end: number;
}
