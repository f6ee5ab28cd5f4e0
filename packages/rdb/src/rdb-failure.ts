/**
 * Why bytes are not a value.
 *
 * Rules: a failure is a value with a code of this closed set, and names the offending byte. It says that the bytes are
 * wrong, or newer than this package; misuse of the package is not reported this way.
 */

/**
 * - `truncated`: the bytes end within the value. Of a part of something longer it means that more of it is needed.
 * - `trailing-bytes`: there are bytes between the end of the value and the footer.
 * - `bad-checksum`: the payload has a checksum, and another one.
 * - `unknown-version`: an RDB version of which nothing is known.
 * - `unknown-type`: a type of value that this RDB version and flavour do not have, or that is not known here.
 * - `bad-length`: a length or a count is not encoded as one, or beyond 2^53 - 1.
 * - `bad-string`, `bad-lzf`: a string in an unknown encoding, or one that does not decompress to its length.
 * - `bad-listpack`, `bad-ziplist`, `bad-zipmap`, `bad-intset`: a packed collection contradicts itself.
 * - `bad-quicklist`: a node of a list is neither packed nor plain.
 * - `bad-score`, `bad-expiry`, `bad-stream`, `bad-module`: what is encoded makes no sense as that.
 * - `string-too-long`, `too-many-elements`, `inflates-too-far`: beyond `maxStringBytes`, `maxElements`,
 *   `maxInflatedBytes`.
 */
export type RdbFailureCode =
  | 'truncated'
  | 'trailing-bytes'
  | 'bad-checksum'
  | 'unknown-version'
  | 'unknown-type'
  | 'bad-length'
  | 'bad-string'
  | 'bad-lzf'
  | 'bad-listpack'
  | 'bad-ziplist'
  | 'bad-zipmap'
  | 'bad-intset'
  | 'bad-quicklist'
  | 'bad-score'
  | 'bad-expiry'
  | 'bad-stream'
  | 'bad-module'
  | 'string-too-long'
  | 'too-many-elements'
  | 'inflates-too-far';

export interface RdbFailure {
  readonly code: RdbFailureCode;
  /** Index of the offending byte; within something compressed, where the compressed string begins. */
  readonly position: number;
  /** For people. */
  readonly text: string;
}
