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

/** Absolute Unix milliseconds; a bigint beyond the safe integers, up to 2^63 - 1. */
export type ExpiryTime = number | bigint;

/** What an entry says about a key's expiry register. */
export type Expiry = ExpiryTime | null;

/** Which of a key's cells a counter op adds to. */
export type CounterCell = 'string' | 'hash' | 'zset';

/**
 * What a running sum stands on: the exact version of the write that made the cell's base, or, when that is forgotten,
 * `stable`: whatever the cell held at that stability cut.
 */
export type Base = { readonly exact: Version } | { readonly stable: Time };

/**
 * What a site had seen of its peers: by site priority, the time up to which it includes what that site wrote. Of the
 * writer itself, everything before is included.
 */
export type Covers = readonly (readonly [priority: number, time: Time])[];

/** Kinds of data that guarded commands work on. */
export type GuardedKind = 'string' | 'list' | 'zset' | 'module';

/** A consumer group's delivery that is not acknowledged. */
export interface StreamDelivery {
  readonly id: ByteString;
  readonly consumer: ByteString;
  readonly timeMs: number;
  readonly count: number;
}

/** A consumer group. IDs are 16 bytes, big-endian milliseconds and sequence. */
export interface StreamGroup {
  readonly name: ByteString;
  readonly lastId: ByteString;
  /** -1 when unknown. */
  readonly entriesRead: number;
  readonly consumers: readonly ByteString[];
  readonly pending: readonly StreamDelivery[];
}

/** All that a key holds, by elements. */
export type KeyContent =
  | { readonly kind: 'string'; readonly value: Uint8Array }
  | { readonly kind: 'list'; readonly elements: readonly Uint8Array[] }
  | { readonly kind: 'set'; readonly members: readonly ByteString[] }
  | { readonly kind: 'zset'; readonly members: readonly (readonly [member: ByteString, score: number])[] }
  /** `expiresAt`: absolute Unix milliseconds of the field alone. */
  | {
      readonly kind: 'hash';
      readonly fields: readonly (readonly [field: ByteString, value: Uint8Array, expiresAt: number | null])[];
    }
  | {
      readonly kind: 'stream';
      readonly entries: readonly (readonly [id: ByteString, fields: readonly Uint8Array[]])[];
      readonly lastId: ByteString;
      readonly groups: readonly StreamGroup[];
    }
  /** A module's value: the payload of DUMP. */
  | { readonly kind: 'module'; readonly payload: Uint8Array };

/**
 * One idempotent operation. `index` is its place in the unit. `assign` and `state` take two indices: they delete at
 * `index` (a root) and write at `index + 1`.
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
    }
  /** What the writer had seen of a key is gone; what others wrote meanwhile is not. See `End`. */
  | {
      readonly type: 'end';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly covers: Covers;
      /** Whether the key expired: void where a newer expiry was set that its writer had not seen. */
      readonly expires: boolean;
      /** When the key was to expire, if it did and its site remembers. */
      readonly at?: ExpiryTime;
    }
  /** Sorted-set members in a range removed (ZREMRANGEBYSCORE, ZREMRANGEBYLEX); the limits as the command writes them. */
  | {
      readonly type: 'range';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly by: 'score' | 'lex';
      readonly min: ByteString;
      readonly max: ByteString;
    }
  /** One bit of a string. */
  | {
      readonly type: 'bit';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly offset: number;
      readonly on: boolean;
    }
  /** An element counted by a HyperLogLog. */
  | {
      readonly type: 'sketch';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      /** `null`: the sketch was made, with nothing in it. */
      readonly element: ByteString | null;
    }
  /** A cell of a stream; see `commands/stream-cells.ts`. `null` removes it. */
  | {
      readonly type: 'stream';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly cell: ByteString;
      readonly value: readonly Uint8Array[] | null;
    }
  /** A stream's entries with smaller IDs removed. `before`: 16 bytes, big-endian milliseconds and sequence. */
  | {
      readonly type: 'trim';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly before: ByteString;
    }
  /**
   * A command whose effect depends on all that the key holds: run again where the key stands at `base`, and only there.
   * `base: null`: a note of what was added; the effect is in a `state` that follows.
   */
  | {
      readonly type: 'guarded';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly kind: GuardedKind;
      readonly base: Base | null;
      /** The command with its arguments. */
      readonly args: readonly Uint8Array[];
      /** Whether it adds something that must not be lost: its site runs it again when another's state takes its place. */
      readonly adds: boolean;
      /** It was run again for that: what it adds was added before. */
      readonly again?: true;
    }
  /** All that a key holds, as its writer read it behind a fence. */
  | {
      readonly type: 'state';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      /** `null`: there is no such key. */
      readonly content: KeyContent | null;
      /** Of a key that is not there: when it expired; `null` when something else took it away. */
      readonly expiry: Expiry;
      /** What of others it includes; what it does not include is not touched by it. `null`: it overwrites everything older. */
      readonly covers: Covers | null;
      /** It was asked for by another site: nothing is in it that its site has not told as a write before. */
      readonly again?: true;
    }
  /**
   * What a key holds that has expired at another site and was renewed where this was written. It is a read, and no write: it
   * stands at `cut`. What of it is newer is in the logs, with the versions it has.
   */
  | {
      readonly type: 'refill';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly content: KeyContent;
      readonly expiry: Expiry;
      /** The writer's stability cut: everything up to it is included. */
      readonly cut: Time;
    }
  /** Asks the site of a version for the state of the key. */
  | {
      readonly type: 'want';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly version: Version;
      /** It asks for nothing, but answers that site: its writer cannot tell the key, which it has evicted, or must not tell. */
      readonly untold?: true;
    }
  /**
   * What the key holds where this was written, for others to compare (see `contentDigest`). `covers`: what of others that
   * includes.
   */
  | {
      readonly type: 'check';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      /** 8 bytes. */
      readonly digest: ByteString;
      readonly covers: Covers;
    }
  /** Every key of a database deleted. `key` is ''. */
  | { readonly type: 'flush'; readonly db: number; readonly index: number; readonly key: ByteString }
  /** A function library loaded or (`null`) deleted. `key` is its name. */
  | {
      readonly type: 'library';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly code: Uint8Array | null;
    }
  /** A message published; `key` is the channel. */
  | {
      readonly type: 'publish';
      readonly db: number;
      readonly index: number;
      readonly key: ByteString;
      readonly message: Uint8Array;
      readonly sharded: boolean;
    };

/**
 * One record of an origin's log.
 *
 * `seen`: up to when the writer had settled what its peers wrote, at the place where this was written: which of their writes it
 * knew. A unit names those for which that has changed since the entry before; a heartbeat names all of them.
 */
export type Entry =
  | {
      readonly type: 'unit';
      readonly seq: number;
      readonly time: Time;
      readonly priority: number;
      readonly ops: readonly Op[];
      /** Applied together with the entry that follows. */
      readonly joined?: boolean;
      /** It has no ops, and passes entries of a site that is declared out on to those that lack them. */
      readonly relay?: Relay;
      /** See `Entry`. */
      readonly seen?: Covers | undefined;
    }
  /**
   * Sent on a timer. `received`: this site's W, the time up to which it has settled what every site wrote. `cut`: up to then
   * it has forgotten versions, in what follows; left out while it has forgotten nothing. `lead`: by how many milliseconds its
   * time is ahead of its site's wall clock; left out while that is little. `out`: sites that are declared out; left out where none is.
   */
  | {
      readonly type: 'heartbeat';
      readonly seq: number;
      readonly time: Time;
      readonly priority: number;
      readonly received: Time;
      readonly cut?: Time;
      readonly lead?: number;
      readonly out?: readonly Outcast[];
      /** See `Entry`. */
      readonly seen?: Covers | undefined;
    };

/** Entries of another site, as they came from it. */
export interface Relay {
  readonly origin: Origin;
  readonly first: number;
  readonly last: number;
  readonly body: Uint8Array;
}

/** What a heartbeat tells of a site that is declared out. */
export interface Outcast {
  readonly site: string;
  /** Time of the last entry of it that the teller has received; it takes nothing beyond what any site tells. */
  readonly received: Time;
  /** Whether the teller knows that every remaining site has told the same: from now on that site does not count any more. */
  readonly inForce: boolean;
}

/** The version of an op within its entry. For `assign` it is the root's; the string's own is one index later. */
export function opVersion(entry: Entry, op: Op): Version {
  return { time: entry.time, priority: entry.priority, index: op.index };
}

/** How many indices of its unit an op takes. */
export function indicesOf(op: Op): number {
  return op.type === 'assign' || op.type === 'state' ? 2 : 1;
}
