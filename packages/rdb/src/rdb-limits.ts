/**
 * The limits of decoding a value.
 *
 * Rules: whatever bytes can make us allocate has a name here, and is checked before it is allocated. A value beyond a
 * limit is refused, never cut short. The defaults admit what servers hold; they guard against broken bytes.
 */

/** What decoding one value accepts at most. A value equal to the limit is accepted. */
export interface RdbLimits {
  /**
   * Bytes of one string: a value, an element, a name, or what a packed collection is stored in; of a compressed one,
   * when decompressed. Raise it with the servers' `proto-max-bulk-len`.
   * @defaultValue 1,073,741,824 (1 GiB: a packed collection may be so long, a string of a client is at most half)
   */
  readonly maxStringBytes: number;
  /**
   * Elements of one value, all told: elements, members, fields, and of a stream entries, their names and values, groups,
   * consumers, pending entries, producers and their messages.
   * @defaultValue 67,108,864
   */
  readonly maxElements: number;
  /**
   * Bytes that the compressed strings of one value decompress to, together.
   * @defaultValue 4,294,967,296 (4 GiB)
   */
  readonly maxInflatedBytes: number;
}

/** The limits used where the caller names none. */
export const defaultRdbLimits: RdbLimits = {
  maxStringBytes: 1_073_741_824,
  maxElements: 67_108_864,
  maxInflatedBytes: 4_294_967_296,
};
