/**
 * All checks of a configuration. Changes nothing anywhere.
 */
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { linkSecurity } from '../link-security.ts';
import { type RedisEndpoints, redisEndpoints } from '../redis-endpoints.ts';
import { checkClock } from './check-clock.ts';
import { checkListen } from './check-listen.ts';
import { checkLogFolder } from './check-log-folder.ts';
import { checkPeers } from './check-peers.ts';
import { checkRedis } from './check-redis.ts';
import { checkRules } from './check-rules.ts';
import { type Finding, finding } from './finding.ts';
import { runningReplicator } from './running-replicator.ts';

/** Every finding, by subject. */
export async function runCheck(config: Config): Promise<Finding[]> {
  const running = await runningReplicator(config);
  const findings = [
    finding('ok', 'config', 'file', `${config.file} is valid: site ${config.site}, shard ${config.shard}`),
    ...checkFiles(() => linkSecurity(config)),
  ];
  if (running !== undefined) findings.push(finding('info', 'config', 'running', `its replicator is ${running.state}`));
  findings.push(...checkRules(config));
  let endpoints: RedisEndpoints | undefined;
  findings.push(
    ...checkFiles(() => {
      endpoints = redisEndpoints(config);
    }),
  );
  const isRunning = running !== undefined;
  const [redis, clock, ...rest] = await Promise.all([
    endpoints === undefined ? [] : checkRedis(config, endpoints.servers),
    endpoints === undefined ? [] : checkClock(endpoints.apply, running),
    checkLogFolder(config, isRunning),
    checkListen(config, isRunning),
    checkPeers(config),
  ]);
  return [...findings, ...redis, ...clock, ...rest.flat()];
}

/** Reading the files that the configuration names; a failure is a finding here. */
function checkFiles(read: () => unknown): Finding[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((one) => finding('error', 'config', one.path, one.message, one.remedy));
  }
}
