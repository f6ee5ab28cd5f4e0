/**
 * Which node is the master, and which one to capture from: a pure decision over a survey.
 *
 * Rules: the master is the node that says so; among several, the one whose history continues another's (it was promoted)
 * or else the only one with replicas. A replica is fit when its link is up, it is not loading and it holds the master's
 * history. Among the fit nodes one that can continue the position asked for comes first, then replicas before the
 * master, then the most advanced: continuing at the master beats a full resync at a replica that was just rebuilt.
 */
import type { Position } from '@entwine/core';
import { endpointName, type RedisEndpoint } from '../redis-endpoint.ts';
import { RedisError } from '../redis-error.ts';
import { isUsable, type NodeInfo } from './parse-info.ts';
import type { Survey, SurveyedNode } from './survey.ts';

/** Where to capture. */
export type CaptureMode = 'auto' | 'replica' | 'master';

/** A replica of the site. */
export interface DiscoveredReplica {
  readonly endpoint: RedisEndpoint;
  /** `online`: its link to the master is up and it holds the master's history. */
  readonly state: 'online' | 'link-down' | 'loading' | 'foreign';
  readonly offset: number;
}

/** A site as found. */
export interface Discovery {
  /** The master; when it cannot be reached from here but its replica's link is up, the address its replica uses. */
  readonly master: RedisEndpoint;
  readonly masterReachable: boolean;
  readonly replicas: readonly DiscoveredReplica[];
  /** Where to capture from, by the mode asked for. */
  readonly capture: RedisEndpoint;
  readonly role: 'master' | 'replica';
}

/** Decides, or says as an error why it cannot. */
export function choose(found: Survey, mode: CaptureMode, resume: Position | null): Discovery | RedisError {
  const masters = found.nodes.filter((node) => node.info.role === 'master');
  const replicas = found.nodes.filter((node) => node.info.role === 'replica');
  const master = chooseMaster(masters, replicas);
  if (master instanceof RedisError) return master;
  const states = replicas.map((node) => describe(node, master));
  const fit = replicas.filter((_, i) => states[i]!.state === 'online');
  const address = master?.endpoint ?? announcedMaster(fit);
  if (!address) return noMaster(found, replicas);
  const capture = chooseCapture(mode, master, fit, resume);
  if (!capture) return mode === 'replica' ? noReplica(address, states) : noMaster(found, replicas);
  return {
    master: address,
    masterReachable: master !== undefined,
    replicas: states,
    capture: capture.endpoint,
    role: capture.info.role,
  };
}

function chooseMaster(masters: readonly SurveyedNode[], replicas: readonly SurveyedNode[]): Chosen | RedisError {
  if (masters.length < 2) return masters[0];
  const current = masters.filter((node) => !masters.some((other) => supersedes(other.info, node.info)));
  if (current.length === 1) return current[0];
  const followed = current.filter((node) => replicas.some((replica) => follows(replica.info, node.info)));
  if (followed.length === 1) return followed[0];
  const names = masters.map((node) => endpointName(node.endpoint)).join(' and ');
  return new RedisError(
    'ambiguous-master',
    `${names} each say they are the master; list the nodes of one site only, or demote one with REPLICAOF`,
  );
}

type Chosen = SurveyedNode | undefined;

function chooseCapture(
  mode: CaptureMode,
  master: Chosen,
  fit: readonly SurveyedNode[],
  resume: Position | null,
): Chosen {
  const candidates = [...(mode === 'master' ? [] : fit), ...(mode === 'replica' || !master ? [] : [master])];
  const rank = (node: SurveyedNode): number =>
    (canContinue(node.info, resume) ? 2 : 0) + (node.info.role === 'replica' ? 1 : 0);
  return candidates.sort((a, b) => rank(b) - rank(a) || b.info.offset - a.info.offset)[0];
}

/** Whether a PSYNC for `position` would be answered with `+CONTINUE`. */
export function canContinue(info: NodeInfo, position: Position | null): boolean {
  if (!position || !info.backlog) return false;
  const next = position.offset + 1;
  const known =
    position.replicationId === info.replicationId ||
    (position.replicationId === info.replicationId2 && next <= info.secondOffset);
  return known && next >= info.backlog.first && next <= info.backlog.first + info.backlog.length;
}

function describe(node: SurveyedNode, master: Chosen): DiscoveredReplica {
  const { info, endpoint } = node;
  const foreign = master !== undefined && !follows(info, master.info);
  const state = info.loading ? 'loading' : !info.masterLinkUp ? 'link-down' : foreign ? 'foreign' : 'online';
  return { endpoint, state, offset: info.offset };
}

function follows(replica: NodeInfo, master: NodeInfo): boolean {
  return replica.replicationId === master.replicationId;
}

function supersedes(newer: NodeInfo, older: NodeInfo): boolean {
  return newer.replicationId2 === older.replicationId && newer.replicationId !== older.replicationId;
}

function announcedMaster(fit: readonly SurveyedNode[]): RedisEndpoint | undefined {
  const replica = fit[0];
  const address = replica?.info.master;
  return replica && address && isUsable(address) ? { ...replica.endpoint, ...address } : undefined;
}

function noReplica(master: RedisEndpoint, states: readonly DiscoveredReplica[]): RedisError {
  const seen = states.map((replica) => `${endpointName(replica.endpoint)} ${replica.state}`).join(', ') || 'none';
  return new RedisError(
    'no-replica',
    `${endpointName(master)} has no replica fit for capture (seen: ${seen}); start one, or set capture to auto`,
  );
}

/** The reasons of nodes that say something definite outrank those of nodes that merely do not answer. */
const telling = ['not-authenticated', 'denied', 'tls', 'not-redis', 'loading', 'busy'];

function noMaster(found: Survey, replicas: readonly SurveyedNode[]): RedisError {
  const orphan = replicas[0];
  if (orphan) {
    const { host, port } = orphan.info.master ?? { host: '?', port: 0 };
    const state = orphan.info.masterLinkUp ? 'which we cannot reach' : 'but the link to it is down';
    const name = endpointName(orphan.endpoint);
    return new RedisError(
      'master-link-down',
      `${name} is a replica of ${endpointName({ host, port })}, ${state}; bring that master back or promote a replica`,
    );
  }
  const errors = found.failures.map((failure) => failure.error);
  const first = errors.find((error) => telling.includes(error.code)) ?? errors[0];
  if (!first) return new RedisError('unreachable', 'no Redis is configured; list at least one endpoint');
  const others = errors.filter((error) => error !== first).map((error) => error.message);
  return others.length === 0 ? first : new RedisError(first.code, [first.message, ...others].join(' | '), first.cause);
}
