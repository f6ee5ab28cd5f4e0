/**
 * The wiring: a configuration becomes an engine with its adapters. The only file that names them all.
 *
 * Rules: no replication logic. What is opened here is closed here when a later step fails.
 */
import type { EngineEvent, ShardStatus } from '@entwine/engine';
import type { Config } from './config/config.ts';

/** A shard as the process drives it. */
export interface Shard {
  /** Attaches and claims the marker; may take as long as Redis is away. */
  start(): Promise<void>;
  /** Drains, commits, closes everything. */
  stop(): Promise<void>;
  status(): ShardStatus;
}

/** What a shard reports to the process. */
export interface ShardHooks {
  readonly onEvent: (event: EngineEvent) => void;
  readonly onHalt: (state: 'resync-required' | 'superseded' | 'failed', reason: string) => void;
}

/** Makes a shard; rejects when its log cannot be opened or a file it needs cannot be read. */
export type OpenShard = (config: Config, hooks: ShardHooks) => Promise<Shard>;

/** Wires the engine to Redis, the log and the link. */
export const openShard: OpenShard = async () => {
  throw new Error('the engine is not wired yet');
};
