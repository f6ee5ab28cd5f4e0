/**
 * Clocks: this machine's, that of the master, and, when the replicator runs, those of the peers.
 *
 * Rules: the master is asked by a script over the very path that applies writes (`redis.apply` where configured), so this
 * also tells whether that path works. The script reads the time and writes nothing.
 */
import { standaloneMarkerKey } from '@entwine/core';
import type { ShardStatus } from '@entwine/engine';
import { createTarget, type RedisEndpoint } from '@entwine/redis';
import { secondsText } from '../units.ts';
import { type Finding, finding } from './finding.ts';

/** Differences above this are worth a warning: expiries and newest-wins go by the clock. */
const tolerableSeconds = 1;
const deadlineMs = 3_000;
const retryMs = 50;

const script = "local t = redis.call('TIME') return t[1] .. '.' .. string.format('%06d', t[2])";
const advice = 'Synchronise both machines by NTP (chrony, systemd-timesyncd).';

/** Asks the master found through `apply`, and reads the peers' skew off a running replicator's status. */
export async function checkClock(
  apply: readonly RedisEndpoint[],
  running: ShardStatus | undefined,
): Promise<Finding[]> {
  const found = [localClock(Date.now()), ...(await masterClock(apply))];
  return running === undefined ? found : [...found, ...judgeRunning(running)];
}

/** What a running replicator tells of clocks: the peers' skew, and its alarms. */
export function judgeRunning({ origins, alarms }: Pick<ShardStatus, 'origins' | 'alarms'>): Finding[] {
  const found = origins.map(({ site, skewSeconds, quarantined }) => {
    const skew = `${secondsText(Math.abs(skewSeconds))} ${skewSeconds < 0 ? 'behind' : 'ahead'}`;
    const message = `the clock of ${site} is ${skew} (travel time included)`;
    if (quarantined) return finding('error', 'clock', site, `${message}; what it writes waits`, advice);
    const far = Math.abs(skewSeconds) > tolerableSeconds;
    return finding(far ? 'warning' : 'ok', 'clock', site, message, far ? advice : '');
  });
  for (const { name, message, active } of alarms)
    if (active && name.startsWith('clock-')) found.push(finding('error', 'clock', name, message, advice));
  return found;
}

function localClock(now: number): Finding {
  const year = new Date(now).getUTCFullYear();
  const text = new Date(now).toISOString();
  if (year >= 2025 && year < 2080) return finding('ok', 'clock', 'local', `this machine says ${text}`);
  return finding('error', 'clock', 'local', `this machine says ${text}`, 'Set its clock; versions are made from it.');
}

async function masterClock(apply: readonly RedisEndpoint[]): Promise<Finding[]> {
  const target = createTarget({ redis: apply, script, freeingScript: script });
  try {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const before = Date.now();
      const reply = await target.apply(standaloneMarkerKey, [], false);
      const after = Date.now();
      if (reply.ok) return judgeMaster(Number(reply.reply), (before + after) / 2000);
      const final = reply.code === 'denied' || performance.now() > deadline;
      if (final) return [finding('error', 'apply', 'script', reply.message, 'See the findings of redis above.')];
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  } finally {
    await target.close();
  }
}

function judgeMaster(theirs: number, ours: number): Finding[] {
  const path = finding('ok', 'apply', 'script', 'the master runs scripts sent by the way of the applier');
  const apart = theirs - ours;
  const text = `${secondsText(Math.abs(apart))} ${apart < 0 ? 'behind' : 'ahead of'} this machine`;
  const far = Math.abs(apart) > tolerableSeconds;
  return [path, finding(far ? 'warning' : 'ok', 'clock', 'master', `the master is ${text}`, far ? advice : '')];
}
