export { defaultLimits, type EngineEvent, type EngineLimits, type ShardOptions } from './options.ts';
export type { Alarm, OriginStatus, PeerStatus, ShardState, ShardStatus } from './status.ts';
