/**
 * What the HTTP routes may see of a running replicator.
 */
import type { ShardStatus } from '@entwine/engine';
import type { ReadConflicts } from '../conflicts/find-conflicts.ts';

/** A replicator seen from outside; asked at every request. */
export interface ReplicatorView {
  readonly site: string;
  readonly shard: string;
  /** The shard's status; undefined while its log is being opened. */
  status(): ShardStatus | undefined;
  /** A part of the conflicts on record; undefined while the log is being opened. */
  readonly conflicts: ReadConflicts;
  /** Declares a site out. Returns why that cannot be; undefined when it is told from now on. */
  declareOut(site: string): string | undefined;
  /** True from the moment a stop was asked for. */
  stopping(): boolean;
}
