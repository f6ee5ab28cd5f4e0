/**
 * Facts about a server that is as it should be, for tests of the judgements.
 */
import type { ServerFacts } from '@entwine/redis';

/** A Redis 7.4 master with one replica; fields given replace its own. */
export function sampleFacts(changes: Partial<ServerFacts> = {}): ServerFacts {
  const rights = [
    'PING',
    'INFO',
    'REPLCONF',
    'PSYNC',
    'CONFIG GET',
    'CONFIG SET',
    'PSUBSCRIBE',
    'COMMAND',
    'PUBLISH',
    'EVALSHA',
    'SCRIPT LOAD',
    'HSET',
    'HGETALL',
  ];
  return {
    endpoint: '127.0.0.1:7001',
    product: 'redis',
    version: '7.4.1',
    role: 'master',
    loading: false,
    clusterEnabled: false,
    replicationId: 'e'.repeat(40),
    offset: 1000,
    replicas: [{ host: '127.0.0.1', port: 7002, state: 'online', offset: 1000 }],
    master: undefined,
    masterLinkUp: undefined,
    backlogSize: 1024 ** 3,
    writeRate: 1000,
    maxmemory: 0,
    maxmemoryPolicy: 'noeviction',
    notifyKeyspaceEvents: 'Exe',
    minReplicasToWrite: 0,
    minReplicasMaxLag: 10,
    replTimeout: 60,
    replPingPeriod: 10,
    replBacklogTtl: 3600,
    outputBufferLimit: 'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
    databases: 16,
    rights: Object.fromEntries(rights.map((right) => [right, true])) as ServerFacts['rights'],
    ...changes,
  };
}
