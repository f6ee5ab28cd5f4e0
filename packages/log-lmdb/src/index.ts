export { LogError, type LogErrorCode } from './log-error.ts';
export { type LmdbLogOptions, openLmdbLog } from './open-lmdb-log.ts';
