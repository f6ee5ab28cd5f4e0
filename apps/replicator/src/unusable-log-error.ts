/**
 * The log was opened, but what it holds cannot be used for this shard.
 */

/** `message` is the engine's: which record, or whose log it is. */
export class UnusableLogError extends Error {
  override readonly name = 'UnusableLogError';
}
