/**
 * What a shard is made from: who it is, its ports, its limits. The engine reads no configuration and no environment.
 */
import type {
  Direction,
  Filters,
  KeyspaceEvents,
  Log,
  PolicyRule,
  ServerCommands,
  Source,
  SpillStore,
  Target,
  Transport,
  WallClock,
} from '@entwine/core';
import type { Timers } from './timers.ts';

/** Named limits and intervals, each with its default in `defaultLimits`. */
export interface EngineLimits {
  /** Ops in one apply script; a larger unit goes whole. */
  readonly maxBatchOps: number;
  /** Bytes of values and keys in one apply script, likewise. */
  readonly maxBatchBytes: number;
  /** Apply scripts sent and not yet seen in the stream. */
  readonly maxInFlight: number;
  /** Bytes captured and not yet flushed above which the source is paused. */
  readonly maxPendingBytes: number;
  /** Bytes received and not yet settled, per origin, above which the transport is paused. */
  readonly maxInboxBytes: number;
  /** Bytes of our own flushed log kept in memory for peers that are up to date. */
  readonly maxRecentBytes: number;
  /** Milliseconds for which logs are kept beyond the stability cut. */
  readonly keepLogMs: number;
  /** Milliseconds between heartbeats. */
  readonly heartbeatMs: number;
  /** Milliseconds for which nobody must have written to a contended key before it is compared; `Infinity`: never. */
  readonly compareAfterMs: number;
  /** Milliseconds between two questions to a key's home for what is to be undone. */
  readonly undoEveryMs: number;
  /** Milliseconds between own-field writes while the stream moves. */
  readonly ownMarkerMs: number;
  /** Milliseconds by which an entry of another site may be ahead of our wall clock; what is further ahead waits. */
  readonly maxClockDriftMs: number;
  /** Bytes of memory, about, for the versions of recent writes, above which capturing waits for a peer that is away. */
  readonly maxWindowBytes: number;
  /** Bytes of memory, about, for the versions of recent writes, above which keys at rest go to the spill store while a peer is away. */
  readonly spillWindowBytes: number;
  /** Bytes in the spill store; at the limit nothing more goes there. */
  readonly maxSpilledBytes: number;
  /** Conflicts kept on record; the oldest go first. */
  readonly maxAuditEntries: number;
  /** Bytes of them, likewise. */
  readonly maxAuditBytes: number;
  /** Conflicts recorded in a second; the rest is counted. */
  readonly maxAuditPerSecond: number;
}

/** What of a conflict is kept beside who wrote what where. */
export interface AuditOptions {
  /** Of what was discarded: nothing, a keyed digest, or the value itself. */
  readonly values: 'none' | 'digest' | 'full';
  /** Of a longer value the digest is kept. */
  readonly maxValueBytes: number;
}

export const defaultAudit: AuditOptions = { values: 'digest', maxValueBytes: 1024 };

export const defaultLimits: EngineLimits = {
  maxBatchOps: 1000,
  maxBatchBytes: 1024 * 1024,
  maxInFlight: 8,
  maxPendingBytes: 64 * 1024 * 1024,
  maxInboxBytes: 64 * 1024 * 1024,
  maxRecentBytes: 32 * 1024 * 1024,
  keepLogMs: 30_000,
  heartbeatMs: 250,
  compareAfterMs: 500,
  undoEveryMs: 1000,
  ownMarkerMs: 1000,
  maxClockDriftMs: 60_000,
  maxWindowBytes: 512 * 1024 * 1024,
  spillWindowBytes: 256 * 1024 * 1024,
  maxSpilledBytes: 16 * 1024 ** 3,
  maxAuditEntries: 100_000,
  maxAuditBytes: 64 * 1024 * 1024,
  maxAuditPerSecond: 1000,
};

/** Something worth a log line. `fields` hold no secrets. */
export interface EngineEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Says how much of what was read may be committed and shipped. */
export interface Gate {
  /** The greatest offset that home can no longer lose. @param read - the offset read so far. */
  releasable(read: number): number;
}

/** Everything a shard needs. */
export interface ShardOptions {
  readonly site: string;
  readonly shard: string;
  readonly priority: number;
  readonly peers: readonly { readonly site: string; readonly priority: number }[];
  readonly source: Source;
  readonly target: Target;
  readonly log: Log;
  readonly transport: Transport;
  /** For what memory has no room for while a peer is away; empty. Absent: all stays in memory. It is closed with the shard. */
  readonly spillStore?: SpillStore;
  /** Tells expiries and evictions from clients' deletes. Absent: every delete counts as a client's. */
  readonly keyspaceEvents?: KeyspaceEvents;
  readonly clock: WallClock;
  /** Fresh random hex text of the given length; names incarnations and instances. */
  readonly randomHex: (length: number) => string;
  /** Keyed digest (HMAC with the deployment secret) of a text, as short printable text without `:`. */
  readonly digest: (text: string) => string;
  readonly limits?: Partial<EngineLimits>;
  /** @defaultValue the platform's timers */
  readonly timers?: Timers;
  /** Whether an eviction is this site's own business, or deletes everywhere what this site had seen. @defaultValue local */
  readonly eviction?: 'local' | 'replicate';
  /** Whether messages (PUBLISH, SPUBLISH) reach other sites. @defaultValue false */
  readonly publish?: boolean;
  /** What is kept of conflicts. @defaultValue `defaultAudit` */
  readonly audit?: Partial<AuditOptions>;
  /** What becomes of writes by key; the same at every site. @defaultValue every command by its own rule */
  readonly policies?: readonly PolicyRule[];
  /** What leaves this site, and what enters it. @defaultValue everything */
  readonly filters?: Filters;
  /** @defaultValue both */
  readonly direction?: Direction;
  /** Tells of commands that the command table does not have. Absent: they are not replicated. */
  readonly commands?: ServerCommands;
  /** @defaultValue everything read may be released */
  readonly gate?: Gate;
  readonly onEvent?: (event: EngineEvent) => void;
  /** Called once when the shard can't go on by itself: resync-required, superseded, failed. It stays inspectable. */
  readonly onHalt?: (state: 'resync-required' | 'superseded' | 'failed', reason: string) => void;
}
