/** Sites that only send, or only receive. */
import { settled, waitFor } from '../../../apps/demo/src/lab/index.ts';
import { expectSame } from '../../support/expect-that.ts';
import { keysOf } from '../../support/keys-of.ts';
import type { RunContext } from '../../support/scenario.ts';
import { comesTo, fewSeconds, get, run } from './steps.ts';

/** x goes both ways, y sends only, z receives only. */
export async function oneWay(context: RunContext): Promise<void> {
  const directions: Readonly<Record<string, string>> = { x: 'both', y: 'send', z: 'receive' };
  const mesh = await context.start({
    names: ['x', 'y', 'z'],
    adjust: (options) => ({ ...options, rules: { direction: directions[options.site] } }),
  });
  const { site, sites } = mesh;
  for (const { name, master } of sites) {
    await master.with(async (client) => {
      await client.set(`by:${name}`, '1');
      await client.rpush(`list:${name}`, '1', '2');
      await client.set(`ttl:${name}`, '1', 'PX', '400');
    });
  }
  await comesTo([site('x'), site('z')], 'by:y', '1');
  await comesTo([site('z')], 'by:x', '1');
  await settled(sites);
  const of = async (name: string): Promise<string> =>
    (await keysOf(site(name).master, (key) => !key.startsWith('ttl'))).map((line) => line.split(' ')[1]).join(' ');
  expectSame('at x', await of('x'), 'by:x by:y list:x list:y');
  expectSame('at y', await of('y'), 'by:y list:y');
  expectSame('at z', await of('z'), 'by:x by:y by:z list:x list:y list:z');
  await run(site('x'), ['RPUSH', 'list:y', '3'], ['SET', 'by:y', 'x']);
  await run(site('y'), ['RPUSH', 'list:y', '4'], ['DEL', 'list:y'], ['RPUSH', 'list:y', '5']);
  await run(site('z'), ['FLUSHALL']);
  await run(site('x'), ['SET', 'last', '1']);
  await comesTo([site('z')], 'last', '1');
  await settled(sites);
  expectSame('y is as it wrote', await get(site('y'), 'by:y'), '1');
  expectSame('a flush at z is its own', await get(site('x'), 'by:x'), '1');
  // What it applies, it settles, though it tells nothing.
  const isBehind = async (): Promise<boolean> => ((await site('z').replicator.tryStatus())?.pending.inbox ?? 1) > 0;
  await waitFor('z is not behind', async () => !(await isBehind()), fewSeconds);
}
