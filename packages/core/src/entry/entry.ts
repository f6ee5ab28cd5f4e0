/**
 * Entries: what a unit of local writes becomes, and what travels between sites.
 *
 * An entry holds the ops of one unit (or a heartbeat) under one sequence number of its origin's log. All of an entry's
 * ops share its time and priority; an op's own version adds its index. Ops are values: applying one twice, or after a
 * newer one, changes nothing.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { Time, Version } from '../version/version.ts';

/** `site/shard/incarnation`: the writer of one log. */
export type Origin = string;

/** What an entry says about a key's expiry register: absolute Unix milliseconds, or none. */
export type Expiry = number | null;

/** Which of a key's cells a counter op adds to. */
export type CounterCell = 'string' | 'hash' | 'zset';

/**
 * What a running sum stands on: the exact version of the write that made the cell's base, or, when that is forgotten,
 * `stable`: whatever the cell held at that stability cut.
 */
export type Base = { readonly exact: Version } | { readonly stable: Time };

/**
 * One idempotent operation. `index` is its place in the unit. `assign` takes two indices: it deletes at `index` (a root)
 * and writes the string at `index + 1`.
 */
export type Op =
  /** A string overwritten. `expiry`: absolute ms, `null` for none, `'keep'` to leave the register alone. */
  | {
      readonly type: 'assign';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly value: Uint8Array;
      readonly expiry: Expiry | 'keep';
    }
  /** A key deleted, whatever it held. */
  | { readonly type: 'delete'; readonly db: number; readonly index: number; readonly key: ByteString }
  /** The expiry register of a key. */
  | {
      readonly type: 'expire';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly at: Expiry;
    }
  /** A hash field written (`value`) or removed (`null`). */
  | {
      readonly type: 'field';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly field: ByteString;
      readonly value: Uint8Array | null;
    }
  /** A set member added or removed. */
  | {
      readonly type: 'member';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly member: ByteString;
      readonly present: boolean;
    }
  /** A sorted-set member given a score or removed (`null`). Scores are doubles, infinities included. */
  | {
      readonly type: 'score';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly member: ByteString;
      readonly score: number | null;
    }
  /**
   * An increment. `sum` is this origin's running sum on `base`, `by` what this op added to it, `previous` the time of the
   * op that made the sum what it was before (0: none). `field` is the hash field or sorted-set member ('' for a string).
   */
  | {
      readonly type: 'count';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly cell: CounterCell;
      readonly field: ByteString;
      readonly base: Base;
      readonly sum: bigint;
      readonly by: bigint;
      readonly previous: Time;
    };

/** One record of an origin's log. */
export type Entry =
  | {
      readonly type: 'unit';
      readonly seq: number;
      readonly time: Time;
      readonly priority: number;
      readonly ops: readonly Op[];
    }
  /** Sent on a timer. `received`: this site's W, the time up to which it has settled what every site wrote. */
  | {
      readonly type: 'heartbeat';
      readonly seq: number;
      readonly time: Time;
      readonly priority: number;
      readonly received: Time;
    };

/** The version of an op within its entry. For `assign` it is the root's; the string's own is one index later. */
export function opVersion(entry: Entry, op: Op): Version {
  return { time: entry.time, priority: entry.priority, index: op.index };
}
