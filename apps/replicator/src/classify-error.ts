/**
 * Which exit code an error means that ended a start.
 */
import { LogError } from '@entwine/log-lmdb';
import { DirectOptionsError, LinkError } from '@entwine/transport-direct';
import { ConfigError } from './config/config-error.ts';
import type { ExitName } from './exit-codes.ts';
import { ListenError } from './listen-error.ts';
import { UnusableLogError } from './unusable-log-error.ts';

/** The outcome by the error's class and code; what nobody expected is `unexpected`. */
export function classifyError(error: unknown): ExitName {
  if (error instanceof ConfigError || error instanceof DirectOptionsError) return 'config';
  if (error instanceof ListenError) return 'listen';
  if (error instanceof LinkError && error.code === 'listen') return 'listen';
  if (error instanceof LogError || error instanceof UnusableLogError) return 'log';
  return 'unexpected';
}
