/**
 * The laboratory: servers, faults, traffic and comparison on loopback. The demo is made of it, and so are the tests
 * across packages, which import it from here.
 */
export { Child, type ChildExit } from './child.ts';
export { atExit } from './cleanup.ts';
export { type Comparison, compareServers, type DifferingKey } from './compare.ts';
export { FaultProxy, type Held } from './fault-proxy.ts';
export { type KeyRecord, readKeyspace } from './keyspace.ts';
export { freePort } from './ports.ts';
export { freshSeed, Random } from './random.ts';
export { parseInfo, RedisServer, type RedisServerOptions } from './redis-server.ts';
export {
  configOf,
  parseMetrics,
  Replicator,
  type ReplicatorOptions,
  type ReplicatorStatus,
} from './replicator.ts';
export { serversInStep } from './servers-in-step.ts';
export { settled } from './settled.ts';
export { type Mesh, type MeshOptions, prepareMesh, type Site, startMesh } from './site.ts';
export { type CounterCheck, Tally } from './tally.ts';
export { temporaryFolder } from './temporary.ts';
export { pause, type WaitOptions, waitFor } from './wait.ts';
export { Workload, type WorkloadOptions } from './workload.ts';
