/**
 * The replicator of this very configuration, if it is running: its ports and its log are then rightly in use.
 */
import type { ShardStatus } from '@entwine/engine';
import { httpUrl } from '../config/address.ts';
import type { Config } from '../config/config.ts';

const timeoutMs = 1_000;

/** Its status, or undefined when nobody or somebody else answers at `http.listen`. */
export async function runningReplicator(config: Config): Promise<ShardStatus | undefined> {
  if (config.http.listen.port === 0) return undefined;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`${httpUrl(config.http.listen)}/status`, { signal, redirect: 'error' });
    const status = (await response.json()) as Partial<ShardStatus> | null;
    const ours = status?.site === config.site && status.shard === config.shard;
    return ours && Array.isArray(status.origins) ? (status as ShardStatus) : undefined;
  } catch {
    return undefined;
  }
}
