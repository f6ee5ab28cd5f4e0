/** What the keys `publish` and `eviction` switch, at two sites. */
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { configOf, type Mesh, settled, waitFor } from '../../apps/demo/src/lab/index.ts';
import { afterwards, preparedMesh } from '../support/test-mesh.ts';

/** Two sites whose replicators have these keys as well. */
async function mesh(keys: Readonly<Record<string, unknown>>): Promise<Mesh> {
  const made = await preparedMesh();
  for (const { replicator } of made.sites) replicator.configure({ ...configOf(replicator.options), ...keys });
  await made.startReplicators();
  return made;
}

describe('publish', () => {
  const channels = ['news', '__sentinel__:hello', 'shard'];

  /** What subscribers hear at each site while A and B publish; `end` is the last they hear at their own. */
  async function heard({ sites }: Mesh): Promise<string[][]> {
    const heard = sites.map((): string[] => []);
    const subscribers: Redis[] = sites.map(({ master }) => master.client().duplicate());
    afterwards(() => {
      for (const one of subscribers) one.disconnect();
    });
    for (const [i, one] of subscribers.entries()) {
      for (const kind of ['message', 'smessage'])
        one.on(kind, (channel: string, message: string) => heard[i]!.push(`${channel} ${message}`));
      await one.subscribe('news', '__sentinel__:hello');
      await one.ssubscribe('shard');
    }
    for (const { name, master } of sites) {
      await master.with(async (client) => {
        for (const channel of channels) {
          const command = channel === 'shard' ? 'SPUBLISH' : 'PUBLISH';
          await client.call(command, channel, `from ${name}`);
        }
        await client.set(`end ${name}`, '');
      });
    }
    await settled(sites);
    await waitFor('the end has arrived', async () => {
      const counts = await Promise.all(sites.map(({ master }) => master.with((client) => client.dbsize())));
      return counts.every((count) => count >= 3);
    });
    await settled(sites);
    return heard.map((lines) => lines.toSorted());
  }

  const from = (name: string): string[] => channels.map((channel) => `${channel} from ${name}`);

  test('off: each site hears its own', async () => {
    expect(await heard(await mesh({}))).toEqual([from('a').toSorted(), from('b').toSorted()]);
  });

  test('on: each message once at each site, and never those of Sentinel', async () => {
    const all = (own: string, other: string): string[] =>
      [...from(own), `news from ${other}`, `shard from ${other}`].toSorted();
    const made = await mesh({ publish: true });
    expect(await heard(made)).toEqual([all('a', 'b'), all('b', 'a')]);
    const captured = made.sites.map(async ({ replicator }) => (await replicator.status()).capturedUnits);
    expect(await Promise.all(captured)).toEqual([3, 3]);
  });
});

describe('eviction', () => {
  /** Keys of B left after A has evicted its own. */
  async function left(eviction: string): Promise<string[]> {
    const made = await mesh({ eviction });
    const [a, b] = [made.site('a').master, made.site('b').master];
    await a.with((client) => client.config('SET', 'maxmemory-policy', 'volatile-ttl'));
    await a.with((client) => client.mset('stays', '1', 'goes', '1'));
    await a.with((client) => client.expire('goes', 1000));
    await settled(made.sites);
    await a.with((client) => client.config('SET', 'maxmemory', '1'));
    await waitFor('A has evicted it', async () => (await a.with((client) => client.exists('goes'))) === 0);
    await a.with((client) => client.config('SET', 'maxmemory', '0'));
    await a.with((client) => client.set('after', '1'));
    await settled(made.sites);
    await waitFor('B has what came after', async () => (await b.with((client) => client.exists('after'))) === 1);
    return (await b.with((client) => client.keys('[a-z]*'))).filter((key) => !key.startsWith('entwine:')).toSorted();
  }

  test('local: other sites keep what one evicts', async () => {
    expect(await left('local')).toEqual(['after', 'goes', 'stays']);
  });

  test('replicate: it goes at all of them', async () => {
    expect(await left('replicate')).toEqual(['after', 'stays']);
  });
});
