/**
 * Sites: each a Redis master with its replica and a replicator, all on loopback; and a mesh of them, every link from
 * one site to another through a proxy of its own.
 */
import { join } from 'node:path';
import { FaultProxy } from './fault-proxy.ts';
import { freePort } from './ports.ts';
import { RedisServer } from './redis-server.ts';
import { Replicator, type ReplicatorOptions } from './replicator.ts';
import { serverOf } from './server-binary.ts';

export interface Site {
  readonly name: string;
  readonly master: RedisServer;
  readonly replica: RedisServer | undefined;
  readonly replicator: Replicator;
  /** In front of the master, for what the replicator writes; when asked for. */
  readonly applyProxy: FaultProxy | undefined;
}

export interface MeshOptions {
  readonly names: readonly string[];
  readonly folder: string;
  /** The server of a site, as `serverBinary` reads it. @defaultValue what ENTWINE_REDIS_SERVER says */
  readonly servers?: Readonly<Record<string, string>>;
  /** Arguments for every redis-server. */
  readonly redisArgs?: readonly string[];
  /** @defaultValue true */
  readonly withReplicas?: boolean;
  /** Links without proxies, which `link` then doesn't know: for measuring. @defaultValue false */
  readonly direct?: boolean;
  /** Sites whose replicator writes through a proxy. */
  readonly applyThroughProxy?: readonly string[];
  /** Changes what a site's replicator is started with. */
  readonly adjust?: (options: ReplicatorOptions) => ReplicatorOptions;
}

export interface Mesh {
  readonly sites: readonly Site[];
  site(name: string): Site;
  /** The proxy through which `from` dials `to`. */
  link(from: string, to: string): FaultProxy;
  /** Both directions between two sites. */
  links(one: string, other: string): readonly FaultProxy[];
  /** Starts every replicator; returns when all are ready. */
  startReplicators(): Promise<void>;
  /** Ends everything; what was written is gone. */
  stop(): Promise<void>;
}

/** Starts the servers of every site, and their replicators; returns when all are ready. */
export async function startMesh(options: MeshOptions): Promise<Mesh> {
  const mesh = await prepareMesh(options);
  await mesh.startReplicators();
  return mesh;
}

/** Like `startMesh`, but the replicators are only configured, not started. */
export async function prepareMesh(options: MeshOptions): Promise<Mesh> {
  const linkPorts = new Map<string, number>();
  for (const name of options.names) linkPorts.set(name, await freePort());
  const proxies = options.direct === true ? new Map<string, FaultProxy>() : await startLinks(options.names, linkPorts);
  const sites = await Promise.all(options.names.map((name) => prepareSite(name, options, linkPorts, proxies)));
  return {
    sites,
    site: (name) =>
      found(
        sites.find((site) => site.name === name),
        name,
      ),
    link: (from, to) => found(proxies.get(`${from}>${to}`), `${from}>${to}`),
    links: (one, other) => [`${one}>${other}`, `${other}>${one}`].map((name) => found(proxies.get(name), name)),
    startReplicators: async () => {
      for (const site of sites) site.replicator.start();
      await Promise.all(sites.map((site) => site.replicator.ready()));
    },
    stop: () => stopAll(sites, [...proxies.values()]),
  };
}

async function startLinks(
  names: readonly string[],
  ports: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, FaultProxy>> {
  const proxies = new Map<string, FaultProxy>();
  for (const from of names) {
    for (const to of names) {
      if (from !== to) proxies.set(`${from}>${to}`, await FaultProxy.start(found(ports.get(to), to)));
    }
  }
  return proxies;
}

async function prepareSite(
  name: string,
  options: MeshOptions,
  linkPorts: ReadonlyMap<string, number>,
  links: ReadonlyMap<string, FaultProxy>,
): Promise<Site> {
  const folder = join(options.folder, name);
  const common = { folder, args: options.redisArgs ?? [], binary: options.servers?.[name] ?? serverOf(name) };
  const master = await RedisServer.start({ ...common, name: `${name}-master` });
  const replica =
    options.withReplicas === false
      ? undefined
      : await RedisServer.start({ ...common, name: `${name}-replica`, replicaOf: master });
  const applyProxy = options.applyThroughProxy?.includes(name) ? await FaultProxy.start(master.port) : undefined;
  const priorityOf = (site: string): number => options.names.indexOf(site) + 1;
  const replicatorOptions: ReplicatorOptions = {
    site: name,
    priority: priorityOf(name),
    folder: join(folder, 'replicator'),
    redis: {
      endpoints: replica === undefined ? [master.endpoint] : [master.endpoint, replica.endpoint],
      ...(applyProxy === undefined ? {} : { apply: applyProxy.endpoint }),
    },
    linkPort: found(linkPorts.get(name), name),
    httpPort: await freePort(),
    peers: options.names
      .filter((peer) => peer !== name)
      .map((peer) => ({
        site: peer,
        priority: priorityOf(peer),
        address: links.get(`${name}>${peer}`)?.endpoint ?? `127.0.0.1:${found(linkPorts.get(peer), peer)}`,
      })),
  };
  const replicator = new Replicator(options.adjust?.(replicatorOptions) ?? replicatorOptions);
  return { name, master, replica, replicator, applyProxy };
}

async function stopAll(sites: readonly Site[], proxies: readonly FaultProxy[]): Promise<void> {
  await Promise.all(sites.map((site) => site.replicator.stop()));
  await Promise.all([...proxies, ...sites.flatMap((site) => site.applyProxy ?? [])].map((proxy) => proxy.close()));
  const servers = sites.flatMap((site) => [site.replica, site.master]);
  await Promise.all(
    servers.map(async (server) => {
      server?.disconnect();
      await server?.kill();
    }),
  );
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what}`);
  return value;
}
