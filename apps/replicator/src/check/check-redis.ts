/**
 * The Redis side: discovery as `run` would do it, then every server that is configured or found, one by one.
 */
import { standaloneMarkerKey } from '@entwine/core';
import { type Discovery, discover, endpointName, inspectServer, type RedisEndpoint, RedisError } from '@entwine/redis';
import type { Config } from '../config/config.ts';
import { type Finding, finding } from './finding.ts';
import { judgeRights } from './judge-rights.ts';
import { judgeServer } from './judge-server.ts';

const timeouts = { connectTimeout: 3_000, commandTimeout: 3_000 } as const;

/** Findings about the shard, then about each server. */
export async function checkRedis(config: Config, servers: readonly RedisEndpoint[]): Promise<Finding[]> {
  const { capture } = config.redis;
  let found: Discovery | undefined;
  const findings: Finding[] = [];
  try {
    found = await discover({ redis: servers, capture, ...timeouts });
    findings.push(finding('ok', 'redis', 'discovery', describe(found)));
  } catch (error) {
    if (!(error instanceof RedisError)) throw error;
    findings.push(finding('error', 'redis', 'discovery', error.message, remedyOf(error)));
  }
  const all = await Promise.all(allServers(servers, found).map((server) => checkServer(server, found, config)));
  return [...findings, ...all.flat()];
}

async function checkServer(server: RedisEndpoint, found: Discovery | undefined, config: Config): Promise<Finding[]> {
  try {
    const facts = await inspectServer(server, { ...timeouts, markerKey: standaloneMarkerKey });
    const hasReplica = found?.replicas.some((replica) => replica.state === 'online') ?? false;
    const captured = found !== undefined && endpointName(found.capture) === endpointName(server);
    const { keyspaceEvents, username } = config.redis;
    return [
      ...judgeServer(facts, { captured, hasReplica, keyspaceEvents }),
      judgeRights(facts, username, { keyspaceEvents, publish: config.publish }),
    ];
  } catch (error) {
    if (!(error instanceof RedisError)) throw error;
    // With the rest of the shard at work, one server that is away is no reason not to start.
    const severity = found === undefined ? 'error' : 'warning';
    return [finding(severity, `redis ${endpointName(server)}`, 'connection', error.message, remedyOf(error))];
  }
}

function allServers(servers: readonly RedisEndpoint[], found: Discovery | undefined): RedisEndpoint[] {
  const more = found === undefined ? [] : [found.master, ...found.replicas.map((replica) => replica.endpoint)];
  const byName = new Map([...servers, ...more].map((server) => [endpointName(server), server]));
  return [...byName.values()];
}

function describe(found: Discovery): string {
  const online = found.replicas.filter((replica) => replica.state === 'online').length;
  const reach = found.masterReachable ? '' : ' (not reachable from here)';
  const where = `capture from the ${found.role} ${endpointName(found.capture)}`;
  return `master ${endpointName(found.master)}${reach}, ${online} of ${found.replicas.length} replicas online; ${where}`;
}

/** The adapter's messages name most remedies; what the configuration can do about it is said here. */
function remedyOf(error: RedisError): string {
  const remedies: Partial<Record<RedisError['code'], string>> = {
    unreachable: 'Check redis.endpoints, and that the server runs.',
    timeout: 'Check the load of the server and the network.',
    tls: 'Check redis.tls: the authority, the name, the client certificate.',
    'not-redis': 'Check the port in redis.endpoints.',
    'not-authenticated': 'Set redis.username and redis.password.',
    'no-replica': 'Add a replica, or set redis.capture: auto.',
  };
  return remedies[error.code] ?? '';
}
