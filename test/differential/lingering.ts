/**
 * Keys that have expired at one site and live on at another, as guarantees.md says: an expiry that arrives after it has passed is
 * moved on by steps of `expiryGraceMs`, and what another site had written unseen keeps the key until then.
 */

import { expiryGraceMs } from '@entwine/core';
import type { Comparison, RedisServer } from '../../apps/demo/src/lab/index.ts';
import { RawConnection } from './raw-connection.ts';

/** How long until the last of the keys that differ is gone, in ms; undefined when that is not all that is the matter with them. */
export async function lingeringMs(
  { differing, keysThatDiffer }: Comparison,
  servers: readonly RedisServer[],
): Promise<number | undefined> {
  if (keysThatDiffer.length < differing) return undefined;
  const lives = new Map<string, number[]>();
  for (const { port } of servers) {
    const connection = await RawConnection.open(port);
    for (const { db, key } of keysThatDiffer) {
      await connection.call('SELECT', String(db));
      const left = Number(await connection.call('PTTL', key));
      lives.set(`${db} ${key}`, [...(lives.get(`${db} ${key}`) ?? []), left]);
    }
    connection.close();
  }
  const all = [...lives.values()];
  const isLingering = (left: number): boolean => left === absent || (left >= 0 && left <= expiryGraceMs);
  if (!all.every((left) => left.includes(absent) && left.every(isLingering))) return undefined;
  return Math.max(...all.flat(), 0);
}

/** What PTTL says of a key that is not there. */
const absent = -2;
