/**
 * What this user may and may not do on a server, and the lines that grant what is missing.
 */
import { aclLines, type Right, type ServerFacts } from '@entwine/redis';
import { type Finding, finding, type Severity } from './finding.ts';

/** What each right is for, and how bad its absence is where it matters. */
const needs: Readonly<Record<Right, { readonly group: 'capture' | 'apply'; readonly absent: Severity }>> = {
  PING: { group: 'capture', absent: 'error' },
  INFO: { group: 'capture', absent: 'error' },
  REPLCONF: { group: 'capture', absent: 'error' },
  PSYNC: { group: 'capture', absent: 'error' },
  'CONFIG GET': { group: 'capture', absent: 'warning' },
  SUBSCRIBE: { group: 'capture', absent: 'info' },
  EVALSHA: { group: 'apply', absent: 'error' },
  'SCRIPT LOAD': { group: 'apply', absent: 'error' },
  HSET: { group: 'apply', absent: 'error' },
  HGETALL: { group: 'apply', absent: 'error' },
};

const order: readonly Severity[] = ['ok', 'info', 'warning', 'error'];

/**
 * One finding per server. `username`: the one configured, or undefined for the default user. Rights to apply that a
 * replica lacks are a warning: it may become the master.
 */
export function judgeRights(facts: ServerFacts, username: string | undefined): Finding {
  const subject = `redis ${facts.endpoint}`;
  const lines = aclLines(username ?? 'entwine');
  const all = `${lines.capture}\n${lines.apply}`;
  const missing = (Object.keys(needs) as Right[]).filter((right) => !facts.rights[right]);
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

function weigh(right: Right, facts: ServerFacts): Severity {
  const { group, absent } = needs[right];
  return group === 'apply' && facts.role === 'replica' && absent === 'error' ? 'warning' : absent;
}
