export { type LmdbSpillOptions, openLmdbSpillStore } from './lmdb-spill-store.ts';
export { LogError, type LogErrorCode } from './log-error.ts';
export { type LmdbLogOptions, openLmdbLog } from './open-lmdb-log.ts';
