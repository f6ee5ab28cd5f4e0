/**
 * The wiring: a configuration becomes an engine with its adapters. The only file that names them all.
 *
 * Rules: no replication logic. What is opened here is closed here when a later step fails; afterwards the engine closes
 * its ports.
 */
import { randomBytes } from 'node:crypto';
import {
  applyFreeingScript,
  applyScript,
  entrySchema,
  type KeyspaceEvents,
  type Log,
  oldestEntrySchema,
  policyDigest,
  type ServerCommands,
  type Source,
  type SpillStore,
  type Target,
  type Transport,
} from '@entwine/core';
import { type AuditRecord, type EngineEvent, ShardEngine, type ShardOptions, type ShardStatus } from '@entwine/engine';
import { openLmdbLog, openLmdbSpillStore } from '@entwine/log-lmdb';
import {
  createKeyspaceEvents,
  createPsyncSource,
  createServerCommands,
  createTarget,
  type RedisEndpoint,
} from '@entwine/redis';
import { createDirectTransport } from '@entwine/transport-direct';
import type { Config } from './config/config.ts';
import { linkSecurity } from './link-security.ts';
import { ListenError } from './listen-error.ts';
import { markerDigest } from './marker-digest.ts';
import { redisEndpoints } from './redis-endpoints.ts';
import { tryListen } from './try-listen.ts';
import { UnusableLogError } from './unusable-log-error.ts';

/** A shard as the process drives it. */
export interface Shard {
  /** Attaches and claims the marker; may take as long as Redis is away. */
  start(): Promise<void>;
  /** Drains, commits, closes everything. */
  stop(): Promise<void>;
  status(): ShardStatus;
  /** Declares a site out. Returns why that cannot be; undefined when it is told from now on. */
  declareOut(site: string): string | undefined;
  /** Conflicts on record before a number, newest first, out of so many that are looked at. */
  conflicts(before: number, most: number): { readonly records: readonly AuditRecord[]; readonly next: number };
}

/** What a shard reports to the process. */
export interface ShardHooks {
  readonly onEvent: (event: EngineEvent) => void;
  readonly onHalt: (state: 'resync-required' | 'superseded' | 'failed', reason: string) => void;
}

/** Makes a shard; rejects when its log cannot be opened or a file it needs cannot be read. */
export type OpenShard = (config: Config, hooks: ShardHooks) => Promise<Shard>;

/** Wires the engine to Redis, the log and the link. Nothing connects before the log is held. */
export const openShard: OpenShard = async (config, hooks) => {
  const { servers, apply } = redisEndpoints(config);
  const transport = openTransport(config);
  await expectFree(config);
  const log = await openLmdbLog({
    path: config.log.path,
    ...(config.log.maxBytes === undefined ? {} : { maxBytes: config.log.maxBytes }),
  });
  const spillStore = openLmdbSpillStore({ path: config.log.path });
  const source = createPsyncSource({ redis: servers, capture: config.redis.capture });
  const target = createTarget({ redis: apply, script: applyScript, freeingScript: applyFreeingScript });
  const keyspaceEvents = openEvents(config, servers);
  const commands = createServerCommands({ redis: servers, capture: config.redis.capture });
  const ports: Ports = {
    source,
    target,
    transport,
    log,
    spillStore,
    commands,
    ...(keyspaceEvents && { keyspaceEvents }),
  };
  try {
    return new ShardEngine(shardOptions(config, ports, hooks));
  } catch (error) {
    await Promise.allSettled([source.close(), target.close(), keyspaceEvents?.close(), commands.close()]);
    await Promise.allSettled([spillStore.close(), log.close()]);
    throw unusable(error);
  }
};

/** The engine opens the link only once it has its marker; a port in use has to show at once. */
async function expectFree(config: Config): Promise<void> {
  const code = await tryListen(config.link.listen);
  if (code !== undefined) throw new ListenError('link.listen', config.link.listen, code);
}

/** What the engine's constructor throws is about the log it reads, bugs apart. */
function unusable(error: unknown): unknown {
  const plain = error instanceof Error && error.name === 'Error';
  return plain ? new UnusableLogError(error.message, { cause: error }) : error;
}

interface Ports {
  readonly source: Source;
  readonly target: Target;
  readonly transport: Transport;
  readonly log: Log;
  readonly spillStore: SpillStore;
  readonly commands: ServerCommands;
  readonly keyspaceEvents?: KeyspaceEvents;
}

function shardOptions(config: Config, ports: Ports, hooks: ShardHooks): ShardOptions {
  return {
    site: config.site,
    shard: config.shard,
    priority: config.priority,
    peers: config.peers.map(({ site, priority }) => ({ site, priority })),
    ...ports,
    clock: { now: () => Date.now() },
    randomHex: (length) =>
      randomBytes(Math.ceil(length / 2))
        .toString('hex')
        .slice(0, length),
    digest: markerDigest(config.secret, config.deployment),
    eviction: config.eviction,
    publish: config.publish,
    audit: config.audit,
    policies: config.policies,
    filters: config.filters,
    direction: config.direction,
    limits: config.limits,
    onEvent: hooks.onEvent,
    onHalt: hooks.onHalt,
  };
}

function openEvents(config: Config, servers: readonly RedisEndpoint[]): KeyspaceEvents | undefined {
  const { keyspaceEvents } = config.redis;
  if (keyspaceEvents === 'off') return undefined;
  return createKeyspaceEvents({ redis: servers, setNotify: keyspaceEvents === 'set' });
}

function openTransport(config: Config): Transport {
  const { site, shard, priority, deployment, link, peers, policies } = config;
  return createDirectTransport({
    site,
    shard,
    priority,
    deployment,
    policies: policyDigest(policies),
    entrySchema: { current: entrySchema, oldest: oldestEntrySchema },
    listen: link.listen,
    peers: peers.map((peer) => ({ site: peer.site, priority: peer.priority, ...peer.address })),
    security: linkSecurity(config),
  });
}
