/**
 * The link's protection as the transport takes it: certificates and keys read from their files.
 */
import type { DirectSecurity } from '@entwine/transport-direct';
import type { Config } from './config/config.ts';
import { readPem } from './read-pem.ts';

/**
 * Reads what `link.security` names.
 * @throws ConfigError
 */
export function linkSecurity(config: Config): DirectSecurity {
  const { security } = config.link;
  if (security.kind === 'plain') return security;
  const pem = (name: 'cert' | 'key' | 'ca'): string => readPem(config, `link.security.${name}`, security[name]);
  const files = { cert: pem('cert'), key: pem('key'), ca: pem('ca') };
  if (security.kind === 'tls') return { kind: 'tls', ...files, mutual: true };
  return { kind: 'token-tls', token: security.token, ...files };
}
