/**
 * EXPIREAT with a time that has passed deletes. Redis tells its listeners of a deletion, Valkey of an expiry; it is gone at every
 * site, also where nothing of the key is remembered any more.
 */
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../apps/demo/src/lab/index.ts';
import { assertSame } from '../support/assert-same.ts';
import { isBuilt, whetherBuilt } from '../support/is-built.ts';
import { readyMesh } from '../support/test-mesh.ts';

const makers = [
  ['SET', 'string', '1'],
  ['INCRBY', 'counter', '5'],
  ['HSET', 'hash', 'f', 'v'],
  ['SADD', 'set', 'm'],
  ['ZADD', 'zset', '1', 'm'],
  ['RPUSH', 'list', 'e'],
  ['XADD', 'stream', '1-1', 'f', 'v'],
] as const;
const again = [
  ['INCRBY', '{again}counter', '5'],
  ['HSET', '{again}hash', 'g', 'w'],
] as const;

describe.each(['redis-7', 'redis-8', 'valkey-8', 'valkey-9'])('%s', (server) => {
  test.skipIf(!isBuilt(server))(
    `what EXPIREAT in the past deletes is gone everywhere, ${whetherBuilt(server)}`,
    async () => {
      const mesh = await readyMesh({ servers: { a: server, b: server } });
      const [a, b] = ['a', 'b'].map((name) => mesh.site(name).master.client());
      if (a === undefined || b === undefined) throw new Error('no clients');
      const later = Date.now() + 3_600_000;
      for (const [command, key, ...args] of [...makers, ...again]) {
        await a.call(command, key, ...args);
        await a.call(command, `${key}:expires`, ...args);
        await a.pexpireat(`${key}:expires`, later);
      }
      await waitFor('all of it is at both sites', async () => (await b.dbsize()) === (await a.dbsize()));
      await waitFor('all of it is forgotten', async () => {
        const windows = await Promise.all(mesh.sites.map(async ({ replicator }) => (await replicator.status()).window));
        return windows.every(({ keys }) => keys === 0);
      });

      for (const [command, key, ...args] of [...makers, ...again]) {
        const isMadeAgain = key.startsWith('{again}');
        for (const name of [key, `${key}:expires`]) {
          await a.pexpireat(name, Date.now() - 1000);
          if (isMadeAgain) await a.call(command, name, ...args);
        }
      }
      await assertSame(mesh.sites);
      expect((await b.keys('*')).filter((key) => !key.startsWith('entwine:')).sort()).toEqual(
        ['{again}counter', '{again}counter:expires', '{again}hash', '{again}hash:expires'].sort(),
      );
      expect(await b.get('{again}counter')).toBe('5');
      expect(await b.pttl('{again}hash:expires')).toBe(-1);
    },
  );
});
