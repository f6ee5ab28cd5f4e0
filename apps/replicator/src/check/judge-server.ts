/**
 * What the facts about one server mean for Entwine: a pure judgement, one function per matter.
 *
 * Rules: no matter is left out silently: a setting that could not be read is said to be unknown. Thresholds have names.
 */
import { type ServerFacts, withNeededFlags } from '@entwine/redis';
import type { KeyspaceEventsMode } from '../config/config.ts';
import { secondsText, sizeText } from '../units.ts';
import { type Finding, finding, type Severity } from './finding.ts';

/** What the configuration makes of this server. */
export interface ServerRole {
  /** It is the one that capture would attach to now. */
  readonly captured: boolean;
  /** The shard has a replica that is fit to be captured from. */
  readonly hasReplica: boolean;
  /** Whether the replicator tells expiries and evictions from deletes, and may set what is missing for it. */
  readonly keyspaceEvents: KeyspaceEventsMode;
}

/** A backlog should bridge an outage of so many seconds. */
const wantedSeconds = 600;
/** Below this a restart of the replicator can already be too slow. */
const leastSeconds = 60;
/** Redis' default; too small to mean anything under load. */
const defaultBacklog = 1024 * 1024;

/** The longest value that servers take unless told otherwise. */
const largestValue = 512 * 1024 * 1024;

/** Versions that the replication protocol was tried with, `major.minor`. */
const tried = { redis: { from: [7, 0], to: [8, 6] }, valkey: { from: [8, 1], to: [9, 1] } } as const;

type Judge = (facts: ServerFacts, role: ServerRole) => readonly [Severity, string, string, string?] | undefined;

/** All findings about one server but its rights. */
export function judgeServer(facts: ServerFacts, role: ServerRole): Finding[] {
  return judges.flatMap((judge) => {
    const found = judge(facts, role);
    return found === undefined ? [] : [finding(found[0], `redis ${facts.endpoint}`, found[1], found[2], found[3])];
  });
}

const judges: readonly Judge[] = [
  judgeVersion,
  judgeRole,
  judgeCluster,
  judgeReplicas,
  judgeMinReplicas,
  judgeBacklog,
  judgeBacklogTtl,
  judgeLargestWrite,
  judgeEviction,
  judgeEvents,
];

function judgeVersion(facts: ServerFacts): ReturnType<Judge> {
  const name = `${facts.product} ${facts.version}`;
  const [major = 0, minor = 0] = facts.version.split('.').map(Number);
  const { from, to } = tried[facts.product];
  const before = (a: readonly [number, number]): boolean => major < a[0] || (major === a[0] && minor < a[1]);
  const range = `${facts.product} ${from.join('.')} to ${to.join('.')}`;
  if (before(from)) return ['warning', 'version', `${name} is older than what was tried (${range})`, 'Upgrade it.'];
  if (!before([to[0], to[1] + 1])) return ['info', 'version', `${name} is newer than what was tried (${range})`];
  return ['ok', 'version', name];
}

function judgeRole(facts: ServerFacts, role: ServerRole): ReturnType<Judge> {
  const use = role.captured ? '; capture attaches here' : '';
  if (facts.loading) return ['warning', 'role', `${facts.role}, loading its data set`, 'Wait until it has loaded.'];
  if (facts.role === 'master') return ['ok', 'role', `master${use}`];
  const master = facts.master === undefined ? 'an unknown master' : `${facts.master.host}:${facts.master.port}`;
  if (facts.masterLinkUp === true) return ['ok', 'role', `replica of ${master}${use}`];
  const remedy = 'Bring the master back, or promote a replica.';
  return ['warning', 'role', `replica of ${master}, the link to it is down`, remedy];
}

function judgeCluster(facts: ServerFacts): ReturnType<Judge> {
  if (!facts.clusterEnabled) return undefined;
  const remedy = 'Use a server with cluster-enabled no.';
  return ['error', 'cluster', 'runs in cluster mode, which this version does not capture from', remedy];
}

function judgeReplicas(facts: ServerFacts, role: ServerRole): ReturnType<Judge> {
  if (facts.role !== 'master') return undefined;
  const names = facts.replicas.map((replica) => `${replica.host}:${replica.port} ${replica.state}`);
  if (names.length > 0) return ['ok', 'replicas', names.join(', ')];
  if (!role.captured) return ['info', 'replicas', 'none'];
  const remedy = 'Add a replica (REPLICAOF); capture: auto then reads from it and the master does not notice.';
  return ['warning', 'replicas', 'none, so capture reads from the master, whose SHUTDOWN then waits for it', remedy];
}

function judgeMinReplicas(facts: ServerFacts, role: ServerRole): ReturnType<Judge> {
  const least = facts.minReplicasToWrite ?? 0;
  if (facts.role !== 'master' || least === 0) return undefined;
  if (!role.captured) return ['ok', 'min-replicas', `min-replicas-to-write ${least}`];
  const remedy = 'Capture from a replica, or raise min-replicas-to-write by one.';
  return ['warning', 'min-replicas', `min-replicas-to-write ${least} would count the capture as a replica`, remedy];
}

function judgeBacklog(facts: ServerFacts): ReturnType<Judge> {
  const { backlogSize: size, writeRate: rate } = facts;
  if (size === undefined) return ['warning', 'backlog', 'its size is unknown', 'Allow INFO to this user.'];
  const wanted = Math.max(64 * 1024 * 1024, Math.ceil((rate ?? 0) * wantedSeconds));
  const remedy = `CONFIG SET repl-backlog-size ${wanted}, on every server of the shard, and in its configuration file.`;
  if (rate === undefined || rate < 1) {
    const why = rate === undefined ? 'the write rate shows once a replica has attached' : 'nothing is written now';
    const text = `${sizeText(size)}; ${why}; at 1 MiB/s it covers ${secondsText(size / (1024 * 1024))}`;
    return size <= defaultBacklog ? ['info', 'backlog', text, remedy] : ['ok', 'backlog', text];
  }
  const seconds = size / rate;
  const text = `${sizeText(size)} covers ${secondsText(seconds)} at the ${sizeText(rate)}/s written now`;
  if (seconds >= wantedSeconds) return ['ok', 'backlog', text];
  const longer = `${text}; an outage of the replicator longer than that ends in resync-required`;
  return [seconds < leastSeconds ? 'warning' : 'info', 'backlog', longer, remedy];
}

function judgeBacklogTtl(facts: ServerFacts, role: ServerRole): ReturnType<Judge> {
  const ttl = facts.replBacklogTtl;
  if (facts.role !== 'master' || role.hasReplica || ttl === undefined || ttl === 0) return undefined;
  const text = `repl-backlog-ttl ${ttl}: without any replica the history is forgotten after ${secondsText(ttl)}`;
  return ['warning', 'backlog-ttl', text, 'CONFIG SET repl-backlog-ttl 0, and in its configuration file.'];
}

/** A server hangs up on a follower that a single write puts behind by more than the limit, or the backlog if that is larger. */
function judgeLargestWrite({ outputBufferLimit, backlogSize = 0 }: ServerFacts): ReturnType<Judge> {
  const hard = /(?:slave|replica) (\d+)/.exec(outputBufferLimit ?? '')?.[1];
  if (hard === undefined) {
    const text = 'client-output-buffer-limit is unknown, and with it how large a single write may be';
    return ['info', 'largest-write', text, 'Allow CONFIG GET to this user.'];
  }
  const most = hard === '0' ? Number.POSITIVE_INFINITY : Math.max(Number(hard), backlogSize);
  if (most > largestValue) return ['ok', 'largest-write', 'the largest values reach us whole'];
  const text = `after a value or transaction above ${sizeText(most)} the server hangs up on us, which ends in resync-required`;
  const remedy = `CONFIG SET repl-backlog-size ${2 * largestValue}, which raises that too, if you write as much at a time.`;
  return ['info', 'largest-write', text, remedy];
}

function judgeEviction(facts: ServerFacts): ReturnType<Judge> {
  const { maxmemoryPolicy: policy, maxmemory } = facts;
  if (policy === undefined) return ['info', 'maxmemory', 'its eviction policy is unknown', 'Allow INFO to this user.'];
  const limit = maxmemory === undefined || maxmemory === 0 ? 'no limit' : `limit ${sizeText(maxmemory)}`;
  if (policy === 'noeviction') return ['ok', 'maxmemory', `noeviction, ${limit}`];
  const remedy = 'CONFIG SET maxmemory-policy noeviction, unless this data is a cache.';
  if (limit === 'no limit')
    return ['info', 'maxmemory', `${policy}, but no limit is set, so nothing is evicted`, remedy];
  const text = `${policy}, ${limit}: at the limit Redis evicts keys, and sites no longer hold the same (see the key eviction)`;
  return ['warning', 'maxmemory', text, remedy];
}

function judgeEvents(facts: ServerFacts, role: ServerRole): ReturnType<Judge> {
  const name = 'keyspace-events';
  const { notifyKeyspaceEvents: flags } = facts;
  if (role.keyspaceEvents === 'off')
    return ['info', name, 'not used (redis.keyspaceEvents: off): expiries and evictions count as deletes by clients'];
  const without = 'expiries and evictions are told from deletes by them';
  if (flags === undefined) {
    return ['warning', name, `notify-keyspace-events is unknown; ${without}`, 'Allow CONFIG GET to this user.'];
  }
  const wanted = withNeededFlags(flags);
  if (wanted === flags) return ['ok', name, `notify-keyspace-events ${flags}`];
  const remedy = `CONFIG SET notify-keyspace-events ${wanted}, and in its configuration file.`;
  const text = `notify-keyspace-events "${flags}" lacks ${wanted.slice(flags.length)}; ${without}`;
  if (role.keyspaceEvents === 'set') return ['info', name, `${text}; \`entwine run\` adds it on the master`, remedy];
  return [facts.role === 'master' ? 'warning' : 'info', name, text, remedy];
}
