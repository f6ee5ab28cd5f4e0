/**
 * Every key of the configuration file: what it means, its default, an example. One table, read by the error messages and
 * by `entwine run --help`; a test holds it against the schema and the README.
 *
 * Rules: paths are dotted; `[]` stands for each item of a list. It validates nothing.
 */
import { defaultLimits, type EngineLimits } from '@entwine/engine';

/** What each limit bounds; a limit the engine adds has to be described here. */
const limitMeanings: Readonly<Record<keyof EngineLimits, string>> = {
  maxBatchOps: 'Ops in one apply script',
  maxBatchBytes: 'Bytes of keys and values in one apply script',
  maxInFlight: 'Apply scripts sent and not yet seen in the stream',
  maxPendingBytes: 'Bytes captured and not yet flushed above which reading pauses',
  maxInboxBytes: 'Bytes received and not yet settled, per origin, above which receiving pauses',
  maxRecentBytes: 'Bytes of our own flushed log kept in memory for peers that are up to date',
  keepLogMs:
    'Milliseconds for which logs are kept beyond the stability cut, so that a restart can tell which increments still count',
  heartbeatMs: 'Milliseconds between heartbeats',
  compareAfterMs: 'Milliseconds a contended key is at rest before it is compared between sites',
  maxAuditEntries: 'Conflicts kept on record; the oldest go first',
  maxAuditBytes: 'Bytes of the conflicts on record, likewise',
  maxAuditPerSecond: 'Conflicts put on record in a second; beyond it they are counted',
  undoEveryMs: "Milliseconds between two questions to a key's home for what has been written elsewhere",
  ownMarkerMs: 'Milliseconds between own marker writes while the stream moves',
  maxClockDriftMs:
    "Milliseconds by which another site's entries may be ahead of this wall clock; what is further ahead waits",
  maxWindowBytes:
    'Bytes of memory, about, for the versions of recent writes, above which reading pauses while a peer is away',
  spillWindowBytes:
    'Bytes of that memory above which what is remembered of keys at rest goes to disk while a peer is away',
  maxSpilledBytes: 'Bytes on disk for that; at the limit it stays in memory',
};

/** What is written about one key. `standard`: its default as text, or undefined when the key must be there. */
export interface ConfigKey {
  readonly path: string;
  readonly standard: string | undefined;
  readonly meaning: string;
  readonly example: string;
}

const optional = 'none';

/** All keys in the order of the file. */
export const configKeys: readonly ConfigKey[] = [
  key('site', undefined, 'Id of this site: 1 to 32 of a-z, 0-9 and -', 'site: a'),
  key('shard', 'main', 'Name of the shard, same letters; the same at every site', 'shard: main'),
  key('priority', undefined, 'Integer, different at every site; the higher wins a tie', 'priority: 2'),
  key('deployment', 'entwine', 'Name shared by all sites; others are refused', 'deployment: demo'),
  key(
    'secret',
    undefined,
    'Key of the marker digests, 16 characters or more, the same at every site',
    'secret: "${ENTWINE_SECRET}"',
  ),
  key('redis', undefined, 'The local Redis', 'redis: { endpoints: ["127.0.0.1:7001"] }'),
  key(
    'redis.endpoints',
    undefined,
    'Servers of the shard, master and replicas, in any order',
    'endpoints: ["127.0.0.1:7001", "127.0.0.1:7002"]',
  ),
  key('redis.username', optional, 'ACL user', 'username: entwine'),
  key('redis.password', optional, 'Its password', 'password: "${REDIS_PASSWORD}"'),
  key(
    'redis.tls',
    optional,
    'TLS towards Redis; {} uses the authorities of the system',
    'tls: { ca: /etc/entwine/redis-ca.pem }',
  ),
  key(
    'redis.tls.ca',
    'system',
    "File of the authorities that signed the servers' certificates",
    'ca: /etc/entwine/redis-ca.pem',
  ),
  key('redis.tls.cert', optional, 'File of the client certificate; with key', 'cert: /etc/entwine/redis.pem'),
  key('redis.tls.key', optional, 'File of its private key; with cert', 'key: /etc/entwine/redis.key'),
  key(
    'redis.tls.servername',
    'the host',
    "Name that the servers' certificates must bear",
    'servername: redis.internal',
  ),
  key(
    'redis.capture',
    'auto',
    'Which server is read: replica, master, or auto: a replica where there is one',
    'capture: auto',
  ),
  key(
    'redis.keyspaceEvents',
    'set',
    'How expiries and evictions are told from deletes: by notify-keyspace-events, to which set adds what it lacks, require does not; off: not at all',
    'keyspaceEvents: require',
  ),
  key(
    'redis.apply',
    'the master',
    'Where apply scripts are sent instead of the master found, e.g. a proxy before it',
    'apply: "127.0.0.1:7009"',
  ),
  key('log', undefined, 'The write-ahead log', 'log: { path: /var/lib/entwine/a }'),
  key('log.path', undefined, 'Its folder; one process at a time', 'path: /var/lib/entwine/a'),
  key('log.maxBytes', "the adapter's", 'Upper bound of its size in bytes', 'maxBytes: 10737418240'),
  key('link', undefined, 'The link between replicators', 'link: { listen: "127.0.0.1:7101", security: { … } }'),
  key('link.listen', undefined, 'Address where peers reach this replicator', 'listen: 127.0.0.1:7101'),
  key('link.security', undefined, 'How the link is protected', 'security: { kind: plain, token: "${LINK_TOKEN}" }'),
  key(
    'link.security.kind',
    undefined,
    'plain (loopback), token-tls (a shared token over TLS) or tls (certificates on both sides)',
    'kind: tls',
  ),
  key(
    'link.security.token',
    undefined,
    'The shared token, 16 characters or more, the same at every site; of token-tls, and optional for plain',
    'token: "${LINK_TOKEN}"',
  ),
  key('link.security.allowRemote', 'false', 'Of plain: allow it beyond loopback', 'allowRemote: true'),
  key('link.security.cert', undefined, "File of this replicator's certificate", 'cert: /etc/entwine/link.pem'),
  key('link.security.key', undefined, 'File of its private key', 'key: /etc/entwine/link.key'),
  key(
    'link.security.ca',
    undefined,
    "File of the authorities that signed the peers' certificates",
    'ca: /etc/entwine/link-ca.pem',
  ),
  key('peers', 'none', 'The other sites', 'peers: [{ site: b, priority: 1, address: "10.0.0.2:7101" }]'),
  key('peers[].site', undefined, 'Id of the peer', 'site: b'),
  key('peers[].priority', undefined, 'Its priority, as its own file has it', 'priority: 1'),
  key('peers[].address', undefined, 'Where its link listens', 'address: "10.0.0.2:7101"'),
  key(
    'eviction',
    'local',
    "Keys that Redis evicts: local, the site's own business, or replicate, deleted at all sites as far as the site had seen them; needs keyspace events",
    'eviction: replicate',
  ),
  key('publish', 'false', 'Whether messages (PUBLISH, SPUBLISH) of this site reach the other sites', 'publish: true'),
  key('audit', '{}', 'What is kept of conflicts (entwine conflicts)', 'audit: { values: full }'),
  key(
    'audit.values',
    'digest',
    'Of what was discarded: none, a digest keyed with the secret, or full: the value itself',
    'values: full',
  ),
  key('audit.maxValueBytes', '1024', 'Longest value that full keeps; of longer ones the digest', 'maxValueBytes: 4096'),
  key(
    'policies',
    'none',
    'What becomes of writes by key, the first rule that matches counts; the same at every site',
    'policies: [{ keys: "session:*", policy: local }, { keys: "flag:*", policy: { home: z } }]',
  ),
  key('policies[].keys', undefined, 'Globs as of KEYS, one or a list', 'keys: ["session:*", "tmp:*"]'),
  key('policies[].databases', 'all', 'Database numbers, one or a list', 'databases: [0, 1]'),
  key(
    'policies[].policy',
    undefined,
    "local: each site has its own; { home: SITE }: only that site's writes count; { counter: lww }: of increments the newest result wins; { counter: merge } and lww: as without a rule",
    'policy: { home: a }',
  ),
  key(
    'filters',
    '{}',
    'What leaves this site (out) and enters it (in)',
    'filters: { out: [{ databases: 3, action: deny }] }',
  ),
  key(
    'filters.out',
    'all',
    "Rules for this site's writes, the first that matches counts",
    'out: [{ commands: DEL, action: deny }]',
  ),
  key('filters.out[].keys', 'all', 'Globs as of KEYS, one or a list', 'keys: "cache:*"'),
  key('filters.out[].databases', 'all', 'Database numbers, one or a list', 'databases: 3'),
  key('filters.out[].commands', 'all', 'Commands as servers propagate them, one or a list', 'commands: [DEL, UNLINK]'),
  key('filters.out[].action', undefined, 'allow or deny', 'action: deny'),
  key(
    'filters.in',
    'all',
    "Rules for other sites' writes, the first that matches counts",
    'in: [{ keys: "tmp:*", action: deny }]',
  ),
  key('filters.in[].keys', 'all', 'Globs as of KEYS, one or a list', 'keys: "tmp:*"'),
  key('filters.in[].databases', 'all', 'Database numbers, one or a list', 'databases: 3'),
  key('filters.in[].action', undefined, 'allow or deny', 'action: deny'),
  key(
    'direction',
    'both',
    "send: other sites' writes are not applied here; receive: this site's writes are not shipped; both",
    'direction: receive',
  ),
  key('http', '{}', 'Status, health and metrics over HTTP', 'http: { listen: 127.0.0.1:7201 }'),
  key('http.listen', '127.0.0.1:7380', 'Its address; port 0 takes any free port', 'listen: 127.0.0.1:7201'),
  key('http.allowRemote', 'false', 'Allow an address beyond loopback; there is no password', 'allowRemote: true'),
  key('limits', '{}', 'Limits and intervals of the engine', 'limits: { heartbeatMs: 500 }'),
  ...limitKeys(),
  key('logLevel', 'info', 'trace, debug, info, warn, error, fatal or silent', 'logLevel: info'),
];

/** The entry of a path; items of lists are looked up by `[]`. */
export function findConfigKey(path: string): ConfigKey | undefined {
  const general = path.replace(/\[\d+\]/g, '[]');
  return configKeys.find((entry) => entry.path === general);
}

function limitKeys(): ConfigKey[] {
  const names = Object.keys(limitMeanings) as (keyof EngineLimits)[];
  return names.map((name) => {
    const standard = String(defaultLimits[name]);
    return key(`limits.${name}`, standard, limitMeanings[name], `${name}: ${standard}`);
  });
}

function key(path: string, standard: string | undefined, meaning: string, example: string): ConfigKey {
  return { path, standard, meaning, example };
}
