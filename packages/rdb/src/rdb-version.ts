/**
 * RDB versions: whose they are, and which are known.
 *
 * Valkey counts from 80 since it went its own way; what lies below is Redis' numbering, which Valkey 8 still uses. Types
 * of values are added with new versions and never change, but a version nobody knows may be anything.
 */
import type { Flavour } from './rdb-value.ts';

/** Redis 8.10. */
export const newestRedisVersion = 15;
const oldestValkeyVersion = 80;
/** Valkey 9.2. */
export const newestValkeyVersion = 81;

/** Whose version it is; undefined if it is not known. */
export function flavourOf(version: number): Flavour | undefined {
  if (version >= 1 && version <= newestRedisVersion) return 'redis';
  return version >= oldestValkeyVersion && version <= newestValkeyVersion ? 'valkey' : undefined;
}
