/**
 * What a running shard tells about itself: one plain value, made when asked. Counters only grow while the process lives.
 */

import type { LinkStatus, Origin, Position } from '@entwine/core';
import type { OutcastStatus } from './outcasts.ts';

/**
 * Where a shard is in its life.
 * - `starting`: opening, attaching, claiming its marker; nothing is applied yet.
 * - `running`: capturing, shipping and applying.
 * - `resync-required`: the position is lost or the first start met data; nothing is shipped. `reason` says which.
 * - `superseded`: another replicator of this site has taken the marker over; this one has stopped.
 * - `failed`: the log cannot be trusted or written; nothing goes on. `reason` names the record or the folder.
 * - `stopped`: after `stop()`.
 */
export type ShardState = 'starting' | 'running' | 'resync-required' | 'superseded' | 'failed' | 'stopped';

/** One remote origin as seen from here. */
export interface OriginStatus {
  readonly origin: Origin;
  readonly site: string;
  /** Last sequence number received and flushed. */
  readonly received: number;
  /** Last sequence number whose effects were seen in the local stream and flushed. */
  readonly settled: number;
  /** Entries (units with at least one op) applied since start. */
  readonly appliedEntries: number;
  /** Ops of those entries. */
  readonly appliedOps: number;
  /** Entries received again and dropped. */
  readonly deduplicated: number;
  /** Seconds between the origin's write and its effect being seen here, of the last applied entry; 0 before the first. */
  readonly lagSeconds: number;
  /** The origin's clock minus ours, in seconds, when its last entry arrived (its travel time included). */
  readonly skewSeconds: number;
  /** Whether its log waits because it is further ahead of our wall clock than `maxClockDriftMs`. */
  readonly quarantined: boolean;
}

/** A peer as declared, and what is known of it. */
export interface PeerStatus {
  readonly site: string;
  readonly priority: number;
  /** Our own log, acknowledged by it up to this sequence number. */
  readonly acknowledged: number;
  readonly links: readonly LinkStatus[];
}

/** A problem that is being retried, or that a person should look at. */
export interface Alarm {
  /** Stable name, e.g. `source-detached`, `apply-failed`, `marker-damaged`. */
  readonly name: string;
  readonly message: string;
  /** Unix ms of its last occurrence. */
  readonly since: number;
  readonly count: number;
  /** False once it has passed. */
  readonly active: boolean;
}

/** What is waiting for Redis, or for another site. */
export interface Waiting {
  /** Calls not yet seen in the stream. */
  readonly calls: number;
  /** Keys to be read. */
  readonly reads: number;
  /** Keys to which something is being added again. */
  readonly additions: number;
  /** Keys whose content has been asked for at another site. */
  readonly wants: number;
  /** Keys to be compared with other sites once they are at rest. */
  readonly checks: number;
  /** Keys written to here whose home, elsewhere, has not said yet what they are to hold. */
  readonly undone: number;
}

/** What is remembered of recent writes. */
export interface WindowStatus {
  /** Keys whose versions are remembered, and about how many bytes of memory they take. */
  readonly keys: number;
  readonly bytes: number;
  /** The same on disk. */
  readonly spilled: { readonly keys: number; readonly bytes: number };
  /** The stability cut S as Unix ms. */
  readonly stableUnixMs: number;
  /** The site that holds the cut back because it is away, and since when, as Unix ms, 0 if ever; null when none does. */
  readonly heldBy: { readonly site: string; readonly sinceUnixMs: number } | null;
}

/** Everything `entwine status` and the metrics are made of. */
export interface ShardStatus {
  readonly site: string;
  readonly shard: string;
  readonly origin: Origin;
  readonly state: ShardState;
  readonly reason: string;
  /** How the stream was last attached: `continue` or `full`; empty before. */
  readonly attached: '' | 'continue' | 'full';
  readonly endpoint: string;
  readonly role: '' | 'master' | 'replica';
  /** The committed position; null before the first. */
  readonly position: Position | null;
  /** Sequence numbers of our own log. */
  readonly seq: { readonly captured: number; readonly flushed: number; readonly first: number };
  /** Local units turned into entries since start; heartbeats are not among them. */
  readonly capturedUnits: number;
  readonly capturedOps: number;
  readonly heartbeats: number;
  /** Units recognised as our own applies coming back. */
  readonly loopsSuppressed: number;
  /** Corrections written, by kind: reassert, marker. */
  readonly corrections: Readonly<Record<string, number>>;
  /**
   * Conflicts by `kind/outcome`. `remote-lost`: a peer's op that had no effect here; `local-lost`: a write of ours that a peer's
   * took the place of, unseen; `moved`: a stream entry that has another ID now.
   */
  readonly conflicts: Readonly<Record<string, number>>;
  /** Conflicts that writes of ours took part in: on record now, put on record since start, found and not recorded. */
  readonly audit: { readonly kept: number; readonly recorded: number; readonly unrecorded: number };
  /** What rules have done: `undone` and `left` writes to keys whose home is elsewhere, `filtered` ops of other sites. */
  readonly policies: Readonly<Record<string, number>>;
  /** Commands that this version does not translate, by name; any makes `needsVerify` true. */
  readonly untranslated: Readonly<Record<string, number>>;
  readonly needsVerify: boolean;
  readonly origins: readonly OriginStatus[];
  readonly peers: readonly PeerStatus[];
  /** Units read but not yet committed; entries received but not yet settled; batches sent but not yet seen. */
  /** `inFlight`: all that is waiting for Redis or for another site, together. */
  readonly pending: { readonly units: number; readonly inbox: number; readonly inFlight: number } & Waiting;
  readonly log: { readonly bytes: number; readonly oldestSeconds: number };
  /** What is remembered of recent writes. */
  readonly window: WindowStatus;
  /** Sites that are declared out. */
  readonly out: readonly OutcastStatus[];
  readonly alarms: readonly Alarm[];
}
