/**
 * The limits of the stream decoder.
 *
 * Rules: everything a peer can make us buffer has a name here. A stream that exceeds one is refused, never cut short.
 * The defaults admit whatever a server with default settings can propagate; they guard against a broken stream, not
 * against a large one. What the commands mean has no limits here.
 */

/** What the decoder accepts at most. A value equal to the limit is accepted. */
export interface DecodeLimits {
  /**
   * Arguments of one command, its name included. Redis 7 takes up to 2^31 - 1 of them.
   * @defaultValue 16,777,216
   */
  readonly maxArguments: number;
  /**
   * Bytes of one argument. Raise it with the servers' `proto-max-bulk-len`.
   * @defaultValue 536,870,912 (512 MiB, Redis' own default)
   */
  readonly maxArgumentBytes: number;
  /**
   * Bytes of an inline command before its newline. 0 refuses inline commands, as a Redis replica does.
   * @defaultValue 65,536 (Redis' own)
   */
  readonly maxInlineBytes: number;
  /**
   * Bytes of one command on the wire, framing included. What the decoder buffers is at most twice this, beside the
   * chunks pushed and not yet read.
   * @defaultValue 2,147,483,648 (2 GiB)
   */
  readonly maxCommandBytes: number;
}

/** The limits used where the caller names none. */
export const defaultDecodeLimits: DecodeLimits = {
  maxArguments: 16_777_216,
  maxArgumentBytes: 536_870_912,
  maxInlineBytes: 65_536,
  maxCommandBytes: 2_147_483_648,
};
