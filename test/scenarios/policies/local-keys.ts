/** Keys that are `local`: they stay where they are, through flushes and renames. */
import { type Mesh, settled } from '../../../apps/demo/src/lab/index.ts';
import { expectSame } from '../../support/expect-that.ts';
import { keysOf } from '../../support/keys-of.ts';
import { comesTo, get, run } from './steps.ts';

/** Writes local keys at every site, and flushes at two. */
export async function localKeys({ sites, site }: Mesh): Promise<void> {
  for (const one of sites) {
    await run(
      one,
      ['SET', 'local:name', one.name],
      ['RPUSH', 'local:list', one.name, '1'],
      ['SET', `of:${one.name}`, '1'],
    );
    await run(one, ['INCR', 'local:n'], ['HSET', 'local:h', one.name, '1']);
  }
  await settled(sites);
  const expected = new Map<string, readonly string[]>();
  for (const one of sites) expected.set(one.name, await keysOf(one.master, isLocal));
  for (const one of sites)
    expectSame('of:* everywhere', (await keysOf(one.master, (key) => key.startsWith('of:'))).length, 3);
  await run(site('a'), ['FLUSHALL']);
  await comesTo(sites, 'of:c', null);
  await run(site('b'), ['SET', 'after', '1'], ['FLUSHDB']);
  await settled(sites);
  expectSame('a flushed its own', (await keysOf(site('a').master, isLocal)).length, 0);
  expectSame('b flushed its own', (await keysOf(site('b').master, isLocal)).length, 0);
  expectSame('c keeps its own', String(await keysOf(site('c').master, isLocal)), String(expected.get('c')));
  // From a local key to one that is not, and back.
  await run(site('c'), ['RENAME', 'local:name', 'told'], ['SET', 'told:2', 'x'], ['COPY', 'local:list', 'told:list']);
  await comesTo(sites, 'told', 'c');
  await run(site('c'), ['RENAME', 'told', 'local:name']);
  await comesTo([site('a'), site('b')], 'told', null);
  await settled(sites);
  expectSame('it is local again', await get(site('c'), 'local:name'), 'c');
  expectSame('and nowhere else', await get(site('a'), 'local:name'), null);
  expectSame(
    'the copy is told',
    (await keysOf(site('b').master, (key) => key === 'told:list'))[0],
    '0 told:list list 0=c 1=1',
  );
}

const isLocal = (key: string): boolean => key.startsWith('local:');
