/**
 * The values of a configuration that must never be shown.
 */
import type { Config } from './config.ts';

/** The secret, the link's token and the Redis password; for a redactor. */
export function configSecrets(config: Config): (string | undefined)[] {
  const token = 'token' in config.link.security ? config.link.security.token : undefined;
  return [config.secret, config.redis.password, token];
}
