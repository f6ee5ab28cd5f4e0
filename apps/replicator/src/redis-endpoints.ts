/**
 * The servers of a configuration as the Redis adapter takes them: addresses with credentials and TLS.
 */
import type { RedisEndpoint, RedisTls } from '@entwine/redis';
import type { Address } from './config/address.ts';
import type { Config } from './config/config.ts';
import { readPem } from './read-pem.ts';

/** Endpoints to discover the shard from, and where apply scripts go. */
export interface RedisEndpoints {
  readonly servers: readonly RedisEndpoint[];
  readonly apply: readonly RedisEndpoint[];
}

/**
 * Reads the TLS files on the way.
 * @throws ConfigError
 */
export function redisEndpoints(config: Config): RedisEndpoints {
  const { endpoints, apply, username, password } = config.redis;
  const tls = readTls(config);
  const endpoint = (address: Address): RedisEndpoint => ({
    ...address,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
  });
  const servers = endpoints.map(endpoint);
  return { servers, apply: apply === undefined ? servers : [endpoint(apply)] };
}

function readTls(config: Config): RedisTls | undefined {
  const { tls } = config.redis;
  if (tls === undefined) return undefined;
  const pem = (name: 'ca' | 'cert' | 'key'): Partial<Record<typeof name, string>> => {
    const file = tls[name];
    return file === undefined ? {} : { [name]: readPem(config, `redis.tls.${name}`, file) };
  };
  const servername = tls.servername === undefined ? {} : { servername: tls.servername };
  return { ...pem('ca'), ...pem('cert'), ...pem('key'), ...servername };
}
