export type { ConnectionOptions } from './connection/connection.ts';
export type { CaptureMode, DiscoveredReplica, Discovery } from './discovery/choose.ts';
export { type DiscoverOptions, discover } from './discovery/discover.ts';
export { createPsyncSource, type PsyncSourceOptions } from './psync/psync-source.ts';
export { endpointName, type RedisEndpoint, type RedisTls } from './redis-endpoint.ts';
export { RedisError, type RedisErrorCode } from './redis-error.ts';
export { createTarget, type TargetOptions } from './target/redis-target.ts';
export type { After, Random } from './timers.ts';
