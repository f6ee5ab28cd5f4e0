export {
  type KeyspaceEventsCase,
  type KeyspaceEventsWorld,
  keyspaceEventsConformance,
} from './events/keyspace-events-conformance.ts';
export { MemoryKeyspaceEvents } from './events/memory-keyspace-events.ts';
export { type LogConformanceCase, type LogPlace, logConformance } from './log/log-conformance.ts';
export { MemoryLog, MemoryLogError, type MemoryLogOptions } from './log/memory-log.ts';
export { MemoryLogDisk } from './log/memory-log-disk.ts';
export { runApplyScript } from './redis-model/apply-script.ts';
export { commandTable } from './redis-model/commands/command-table.ts';
export { type ModelClient, type ModelEvent, RedisModel, type RedisModelOptions } from './redis-model/redis-model.ts';
export { ModelReplica, type ModelReplicaOptions } from './redis-model/replica.ts';
export { ReplicationLog, type ResumePoint } from './redis-model/replication-log.ts';
export type { ModelReply } from './redis-model/reply.ts';
export { answerPsync, type PsyncAnswer, type Snapshot, startMaster, takeSnapshot } from './redis-model/snapshot.ts';
export { targetReply } from './redis-model/target-reply.ts';
export type { ModelValue } from './redis-model/values.ts';
export { MemorySpillStore } from './spill/memory-spill-store.ts';
export { type SpillConformanceCase, spillConformance } from './spill/spill-conformance.ts';
export {
  type MemoryNetwork,
  type MemoryNetworkOptions,
  type MemoryRoute,
  memoryNetwork,
} from './transport/memory-network.ts';
export { RecordingHost, type RecordingHostOptions } from './transport/recording-host.ts';
export {
  type MakeTransportWorld,
  type TransportCase,
  type TransportWorld,
  transportConformance,
} from './transport/transport-conformance.ts';
