/**
 * INFO as data: the fields that discovery, capture and checks need.
 *
 * Rules: pure; a field that a server does not report is undefined or a neutral value, never an error. Replicas announced
 * with an unusable address (no host, port -1, 0 or above 65535: other fake replicas, ourselves included) are left out.
 */

/** A usable `slaveN` line. Its offset is the last one acknowledged, up to a second old. */
export interface AnnouncedReplica {
  readonly host: string;
  readonly port: number;
  readonly state: string;
  readonly offset: number;
}

/** What one server says about itself. */
export interface NodeInfo {
  readonly runId: string;
  readonly product: 'redis' | 'valkey';
  /** Of the product: for Valkey its own version, not the Redis version it imitates. */
  readonly version: string;
  readonly role: 'master' | 'replica';
  readonly loading: boolean;
  readonly replicationId: string;
  readonly replicationId2: string;
  /** One more than the last offset that is common with `replicationId2`; -1 without one. */
  readonly secondOffset: number;
  readonly offset: number;
  /** First offset that the backlog still holds and the bytes it holds; undefined without a backlog. */
  readonly backlog: { readonly first: number; readonly length: number } | undefined;
  /** Of a replica: where its master is. */
  readonly master: { readonly host: string; readonly port: number } | undefined;
  readonly masterLinkUp: boolean;
  readonly replicas: readonly AnnouncedReplica[];
}

/** The `name:value` lines of an INFO reply. */
export function parseFields(info: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of info.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && line[0] !== '#') fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** Reads an INFO reply (the default sections). */
export function parseInfo(info: string): NodeInfo {
  const fields = parseFields(info);
  const text = (name: string): string => fields.get(name) ?? '';
  const number = (name: string, otherwise: number): number => toNumber(fields.get(name), otherwise);
  const replica = text('role') === 'slave';
  const valkey = fields.get('valkey_version');
  return {
    runId: text('run_id'),
    product: valkey === undefined ? 'redis' : 'valkey',
    version: valkey ?? text('redis_version'),
    role: replica ? 'replica' : 'master',
    loading: text('loading') === '1' || text('async_loading') === '1',
    replicationId: text('master_replid'),
    replicationId2: text('master_replid2'),
    secondOffset: number('second_repl_offset', -1),
    offset: number('master_repl_offset', 0),
    backlog:
      text('repl_backlog_active') === '1'
        ? { first: number('repl_backlog_first_byte_offset', 0), length: number('repl_backlog_histlen', 0) }
        : undefined,
    master: replica ? { host: text('master_host'), port: number('master_port', 0) } : undefined,
    masterLinkUp: text('master_link_status') === 'up',
    replicas: announcedReplicas(fields),
  };
}

function announcedReplicas(fields: Map<string, string>): AnnouncedReplica[] {
  const replicas: AnnouncedReplica[] = [];
  for (const [name, value] of fields) {
    if (!/^slave\d+$/.test(name)) continue;
    const parts = new Map(value.split(',').map((part) => splitOnce(part)));
    const host = parts.get('ip') ?? '';
    const port = toNumber(parts.get('port'), 0);
    if (!isUsable({ host, port })) continue;
    replicas.push({ host, port, state: parts.get('state') ?? '', offset: toNumber(parts.get('offset'), 0) });
  }
  return replicas;
}

/** Whether an announced address can be connected to at all. */
export function isUsable(address: { readonly host: string; readonly port: number }): boolean {
  return address.host !== '' && address.host !== '?' && address.port > 0 && address.port < 65_536;
}

function splitOnce(part: string): [string, string] {
  const at = part.indexOf('=');
  return [part.slice(0, at), part.slice(at + 1)];
}

function toNumber(text: string | undefined, otherwise: number): number {
  const value = Number(text);
  return text === undefined || text === '' || !Number.isFinite(value) ? otherwise : value;
}
