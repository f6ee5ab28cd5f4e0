/**
 * Facts about one server, for checks before and during operation.
 *
 * Rules: plain data; what a server does not tell us (CONFIG denied, a setting it lacks) is undefined, not an error; only
 * a server that cannot be asked at all rejects. It judges nothing and knows no remedies: the CLI does.
 */
import { Connection, type ConnectionOptions } from '../connection/connection.ts';
import { type AnnouncedReplica, parseFields, parseInfo } from '../discovery/parse-info.ts';
import { endpointName, type RedisEndpoint } from '../redis-endpoint.ts';
import { type After, systemAfter } from '../timers.ts';
import { probeRights, type Rights } from './probe-rights.ts';

/** What `inspectServer` found. */
export interface ServerFacts {
  /** `host:port` */
  readonly endpoint: string;
  readonly product: 'redis' | 'valkey';
  readonly version: string;
  readonly role: 'master' | 'replica';
  readonly loading: boolean;
  readonly clusterEnabled: boolean;
  readonly replicationId: string;
  readonly offset: number;
  /** Real replicas as the server lists them; those with an unusable address, ourselves included, are left out. */
  readonly replicas: readonly AnnouncedReplica[];
  /** Of a replica. */
  readonly master: { readonly host: string; readonly port: number } | undefined;
  readonly masterLinkUp: boolean | undefined;
  /** Bytes. */
  readonly backlogSize: number | undefined;
  /** Bytes of replication stream per second; undefined while no replica has ever attached and nothing is counted. */
  readonly writeRate: number | undefined;
  /** Bytes; 0 is unlimited. */
  readonly maxmemory: number | undefined;
  readonly maxmemoryPolicy: string | undefined;
  readonly notifyKeyspaceEvents: string | undefined;
  readonly minReplicasToWrite: number | undefined;
  /** Seconds. */
  readonly minReplicasMaxLag: number | undefined;
  /** Seconds. */
  readonly replTimeout: number | undefined;
  /** Seconds. */
  readonly replPingPeriod: number | undefined;
  /** Seconds. */
  readonly replBacklogTtl: number | undefined;
  /** As configured: class, hard limit, soft limit and seconds, for each class. */
  readonly outputBufferLimit: string | undefined;
  readonly databases: number | undefined;
  readonly rights: Rights;
}

/** How to inspect. */
export interface InspectOptions extends ConnectionOptions {
  /** Milliseconds between the two samples of the write rate. @defaultValue 1000 */
  readonly interval?: number;
  /** The key that rights are asked for. @defaultValue 'entwine:{}' */
  readonly markerKey?: string;
  /** @defaultValue setTimeout */
  readonly after?: After;
  /** Milliseconds of a clock that runs evenly. @defaultValue performance.now */
  readonly now?: () => number;
}

/** Asks one server. @throws RedisError when it cannot be reached, is no Redis, or refuses us. */
export async function inspectServer(endpoint: RedisEndpoint, options: InspectOptions = {}): Promise<ServerFacts> {
  const connection = await Connection.open(endpoint, options);
  try {
    const text = String(await connection.ask('INFO'));
    const info = parseInfo(text);
    const fields = parseFields(text);
    return {
      endpoint: endpointName(endpoint),
      product: info.product,
      version: info.version,
      role: info.role,
      loading: info.loading,
      clusterEnabled: fields.get('cluster_enabled') === '1',
      replicationId: info.replicationId,
      offset: info.offset,
      replicas: info.replicas,
      master: info.master,
      masterLinkUp: info.role === 'replica' ? info.masterLinkUp : undefined,
      backlogSize: numberOf(fields.get('repl_backlog_size')),
      maxmemory: numberOf(fields.get('maxmemory')),
      maxmemoryPolicy: fields.get('maxmemory_policy'),
      ...(await settings(connection)),
      writeRate: await writeRate(connection, options),
      rights: await probeRights(endpoint, options.markerKey ?? 'entwine:{}', options),
    };
  } finally {
    connection.close();
  }
}

type Settings = Pick<
  ServerFacts,
  | 'notifyKeyspaceEvents'
  | 'minReplicasToWrite'
  | 'minReplicasMaxLag'
  | 'replTimeout'
  | 'replPingPeriod'
  | 'replBacklogTtl'
  | 'outputBufferLimit'
  | 'databases'
>;

async function settings(connection: Connection): Promise<Settings> {
  const get = (name: string): Promise<string | undefined> => setting(connection, name);
  return {
    notifyKeyspaceEvents: await get('notify-keyspace-events'),
    minReplicasToWrite: numberOf(await get('min-replicas-to-write')),
    minReplicasMaxLag: numberOf(await get('min-replicas-max-lag')),
    replTimeout: numberOf(await get('repl-timeout')),
    replPingPeriod: numberOf(await get('repl-ping-replica-period')),
    replBacklogTtl: numberOf(await get('repl-backlog-ttl')),
    outputBufferLimit: await get('client-output-buffer-limit'),
    databases: numberOf(await get('databases')),
  };
}

async function setting(connection: Connection, name: string): Promise<string | undefined> {
  const reply = await connection.call('CONFIG', 'GET', name);
  const value = Array.isArray(reply) ? reply[1] : undefined;
  return typeof value === 'string' ? value : undefined;
}

async function writeRate(connection: Connection, options: InspectOptions): Promise<number | undefined> {
  const now = options.now ?? (() => performance.now());
  const sample = async (): Promise<{ at: number; offset: number; counted: boolean }> => {
    const info = parseInfo(String(await connection.ask('INFO', 'replication')));
    return { at: now(), offset: info.offset, counted: info.backlog !== undefined };
  };
  const first = await sample();
  await new Promise<void>((resolve) => (options.after ?? systemAfter)(options.interval ?? 1000, resolve));
  const second = await sample();
  if (!first.counted || second.at <= first.at) return undefined;
  return Math.max(0, ((second.offset - first.offset) * 1000) / (second.at - first.at));
}

function numberOf(text: string | undefined): number | undefined {
  const value = Number(text);
  return text === undefined || text === '' || !Number.isFinite(value) ? undefined : value;
}
