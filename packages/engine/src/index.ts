export type {
  AuditedConflict,
  AuditedLoss,
  AuditedWrite,
  AuditOutcome,
  AuditRecord,
  UnrecordedConflicts,
} from './audit-record.ts';
export {
  type AuditOptions,
  defaultAudit,
  defaultLimits,
  type EngineEvent,
  type EngineLimits,
  type Gate,
  type ShardOptions,
} from './options.ts';
export { ShardEngine } from './shard-engine.ts';
export type { Alarm, OriginStatus, PeerStatus, ShardState, ShardStatus } from './status.ts';
export { systemTimers, type Timers } from './timers.ts';
