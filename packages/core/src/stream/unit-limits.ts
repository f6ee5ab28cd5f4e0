/**
 * The limits of the unit reader.
 *
 * Rules: a transaction is held in memory until its EXEC, so its size has named limits. A unit above one is refused,
 * never split. What the decoder holds of a single command is limited by `DecodeLimits`.
 */

/** What one unit may hold at most. A value equal to the limit is accepted. */
export interface UnitLimits {
  /**
   * Commands of a unit that are handed out.
   * @defaultValue 10,000,000
   */
  readonly maxUnitCommands: number;
  /**
   * Bytes of a unit on the wire, MULTI and EXEC included.
   * @defaultValue 4,294,967,296 (4 GiB)
   */
  readonly maxUnitBytes: number;
}

/** The limits used where the caller names none. */
export const defaultUnitLimits: UnitLimits = { maxUnitCommands: 10_000_000, maxUnitBytes: 4_294_967_296 };
