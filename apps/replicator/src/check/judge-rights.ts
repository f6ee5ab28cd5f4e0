/**
 * What this user may and may not do on a server, and the lines that grant what is missing.
 */
import { aclLines, type Right, type ServerFacts, withNeededFlags } from '@entwine/redis';
import type { KeyspaceEventsMode } from '../config/config.ts';
import { type Finding, finding, type Severity } from './finding.ts';

/** What each right is for, and how bad its absence is where it matters. */
const needs: Readonly<Record<Right, { readonly group: 'capture' | 'apply'; readonly absent: Severity }>> = {
  PING: { group: 'capture', absent: 'error' },
  INFO: { group: 'capture', absent: 'error' },
  REPLCONF: { group: 'capture', absent: 'error' },
  PSYNC: { group: 'capture', absent: 'error' },
  'CONFIG GET': { group: 'capture', absent: 'warning' },
  'CONFIG SET': { group: 'capture', absent: 'warning' },
  PSUBSCRIBE: { group: 'capture', absent: 'warning' },
  COMMAND: { group: 'capture', absent: 'info' },
  PUBLISH: { group: 'apply', absent: 'error' },
  EVALSHA: { group: 'apply', absent: 'error' },
  'SCRIPT LOAD': { group: 'apply', absent: 'error' },
  HSET: { group: 'apply', absent: 'error' },
  HGETALL: { group: 'apply', absent: 'error' },
};

const order: readonly Severity[] = ['ok', 'info', 'warning', 'error'];

/** What of the configuration decides which rights are needed. */
export interface RightsUse {
  readonly keyspaceEvents: KeyspaceEventsMode;
  readonly publish: boolean;
}

/**
 * One finding per server. `username`: the one configured, or undefined for the default user. Rights to apply that a
 * replica lacks are a warning: it may become the master.
 */
export function judgeRights(facts: ServerFacts, username: string | undefined, use: RightsUse): Finding {
  const subject = `redis ${facts.endpoint}`;
  const lines = aclLines(username ?? 'entwine', {
    setNotify: use.keyspaceEvents === 'set',
    publish: use.publish,
  });
  const all = `${lines.capture}\n${lines.apply}`;
  const missing = (Object.keys(needs) as Right[]).filter((right) => !facts.rights[right] && isNeeded(right, use));
  if (missing.length === 0) {
    if (username !== undefined) return finding('ok', subject, 'rights', `user ${username} has what is needed`);
    const remedy = `A user with no more than needed:\n${all}\nthen ACL SAVE or a line in the file, and redis.username.`;
    return finding('ok', subject, 'rights', 'the default user has what is needed', remedy);
  }
  const severity = missing
    .map((right) => weigh(right, facts))
    .reduce((a, b) => (order.indexOf(a) < order.indexOf(b) ? b : a));
  const groups = new Set(missing.map((right) => needs[right].group));
  const grant = [...(groups.has('capture') ? [lines.capture] : []), ...(groups.has('apply') ? [lines.apply] : [])];
  const message = `user ${username ?? 'default'} may not ${missing.join(', ')}`;
  return finding(severity, subject, 'rights', message, `Run there, as an administrator:\n${grant.join('\n')}`);
}

function isNeeded(right: Right, { keyspaceEvents, publish }: RightsUse): boolean {
  if (right === 'PSUBSCRIBE') return keyspaceEvents !== 'off';
  if (right === 'PUBLISH') return publish;
  return right !== 'CONFIG SET' || keyspaceEvents === 'set';
}

function weigh(right: Right, facts: ServerFacts): Severity {
  const { group, absent } = needs[right];
  const flags = facts.notifyKeyspaceEvents;
  if (right === 'CONFIG SET' && flags !== undefined && withNeededFlags(flags) === flags) return 'info';
  return group === 'apply' && facts.role === 'replica' && absent === 'error' ? 'warning' : absent;
}
