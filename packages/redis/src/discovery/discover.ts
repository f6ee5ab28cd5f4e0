/**
 * Finds the master of a site and the node to capture from.
 *
 * Rules: asks anew at every call and keeps nothing. Fails with a `RedisError` that names the node and the remedy; when
 * several seeds fail, the most telling reason comes first.
 */
import type { Position } from '@entwine/core';
import type { ConnectionOptions } from '../connection/connection.ts';
import type { RedisEndpoint } from '../redis-endpoint.ts';
import { RedisError } from '../redis-error.ts';
import { type CaptureMode, choose, type Discovery } from './choose.ts';
import { survey } from './survey.ts';

/** What to discover. */
export interface DiscoverOptions extends ConnectionOptions {
  /** Any nodes of the site; the others are found through them. Credentials of one serve for what it announces. */
  readonly redis: readonly RedisEndpoint[];
  readonly capture: CaptureMode;
  /** A position that the capture node should be able to continue from, if any node can. */
  readonly resume?: Position | null;
}

/**
 * Asks the nodes for their roles and decides.
 *
 * @throws RedisError `unreachable`, `timeout`, `tls`, `not-redis`, `not-authenticated`, `denied`, `loading`,
 * `master-link-down`, `no-replica`, `ambiguous-master`.
 */
export async function discover(options: DiscoverOptions): Promise<Discovery> {
  const found = choose(await survey(options.redis, options), options.capture, options.resume ?? null);
  if (found instanceof RedisError) throw found;
  return found;
}
