/**
 * Asks: what has to be read behind a fence before a unit's effect can be told.
 *
 * | ask | read | becomes |
 * |---|---|---|
 * | state | the whole key | a `state` |
 * | scores | the members' scores | a `score` for each member that holds what the command said (`null`: whatever it holds) |
 * | fields | the fields' values | a `field` for each that is there |
 * | moved | the element at one end of a list | a guarded push of it |
 * | refill | the whole key | a `refill`, or a `state` where that may not be |
 * | check | the whole key | a `check` |
 * | compare | the whole key | nothing, or a `want` of what the other site holds |
 * | trimmed | the first entry of a stream | a `trim` before it |
 * | database | the keys of a database | a `state` of each |
 * | homes | some keys of a database whose home this site is, or which databases there are | a `state` of each, and in the end one of the name it was asked under |
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { Covers } from '../entry/entry.ts';
import type { Version } from '../version/version.ts';

/** One thing to be read. */
export type Ask =
  /**
   * `overwrites`: the command replaced whatever the key held; otherwise it changed what this site had seen of it. `listed`: it
   * is read because all of its database is. `settles`: another site has compared it, and holds something else. `mutual`: the site
   * that asks has been asked for it, too. `again`: another site asks for it, and what was written here since is told by itself.
   */
  | {
      readonly type: 'state';
      readonly db: number;
      readonly key: ByteString;
      readonly overwrites: boolean;
      readonly listed?: true;
      readonly settles?: true;
      readonly mutual?: true;
      readonly again?: true;
    }
  | {
      readonly type: 'scores';
      readonly db: number;
      readonly key: ByteString;
      readonly members: readonly (readonly [member: ByteString, score: number | null])[];
    }
  | { readonly type: 'fields'; readonly db: number; readonly key: ByteString; readonly fields: readonly ByteString[] }
  | { readonly type: 'moved'; readonly db: number; readonly key: ByteString; readonly left: boolean }
  /** A site that has let the key expire asks what it holds. `version`: of the renewal that it has heard of. */
  | { readonly type: 'refill'; readonly db: number; readonly key: ByteString; readonly version: Version }
  /** For other sites to compare. */
  | { readonly type: 'check'; readonly db: number; readonly key: ByteString }
  /** To be compared with what another site told. `version`: of its `check`. */
  | {
      readonly type: 'compare';
      readonly db: number;
      readonly key: ByteString;
      readonly digest: ByteString;
      readonly covers: Covers;
      readonly version: Version;
    }
  | { readonly type: 'trimmed'; readonly db: number; readonly key: ByteString }
  | { readonly type: 'database'; readonly db: number; readonly key: ByteString }
  /** `patterns`: globs whose keys are yet to be listed, the first of them from `cursor` on; `null`: which databases there are. */
  | {
      readonly type: 'homes';
      readonly db: number;
      /** The name it was asked under; see `homeKeysOf`. */
      readonly key: ByteString;
      readonly patterns: readonly ByteString[] | null;
      readonly cursor: string;
    };
