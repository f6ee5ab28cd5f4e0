/** Results that win, filters that hold back, and a transaction that meets all rules at once. */
import { type Mesh, type Site, settled } from '../../../apps/demo/src/lab/index.ts';
import { expectSame, expectThat } from '../../support/expect-that.ts';
import { keysOf } from '../../support/keys-of.ts';
import { comesTo, get, run } from './steps.ts';

/** Increments whose results win, and one key among them that adds up. */
export async function results({ sites, site }: Mesh): Promise<void> {
  await run(
    site('a'),
    ['SET', 'result:n', '10'],
    ['HSET', 'result:h', 'f', '1', 'g', '1'],
    ['ZADD', 'result:z', '1', 'm'],
  );
  await settled(sites);
  await run(
    site('b'),
    ['INCRBY', 'result:n', '5'],
    ['HINCRBY', 'result:h', 'f', '5'],
    ['ZINCRBY', 'result:z', '5', 'm'],
  );
  await run(site('c'), ['INCRBY', 'result:n', '7'], ['HINCRBY', 'result:h', 'g', '7'], ['INCR', 'result:sum:n']);
  await run(site('a'), ['INCR', 'result:sum:n'], ['INCR', 'result:sum:n'], ['INCR', 'result:fresh']);
  await settled(sites);
  const held = await Promise.all(sites.map(({ master }) => keysOf(master, (key) => key.startsWith('result:'))));
  for (const other of held) expectSame('results are the same', String(other), String(held[0]));
  const n = await get(site('a'), 'result:n');
  expectThat('one of the results, or one upon the other', ['15', '17', '22'].includes(n ?? ''), n);
  expectSame('what merges adds up', await get(site('a'), 'result:sum:n'), '3');
  expectSame(
    'fields by themselves',
    held[0]?.find((line) => line.includes('result:h')),
    '0 result:h hash f=6 g=8',
  );
}

/** What goes out and comes in by key, database and command. */
export async function filters({ sites, site }: Mesh): Promise<void> {
  const [a, b, c] = [site('a'), site('b'), site('c')];
  await run(
    a,
    ['SET', 'kept:1', '1'],
    ['SET', 'not-at-b:1', '1'],
    ['SELECT', '3'],
    ['SET', 'x', 'a'],
    ['SELECT', '4'],
    ['SET', 'y', 'a'],
  );
  await run(b, ['SET', 'private:1', 'b'], ['SET', 'private:shared:1', 'b'], ['SELECT', '3'], ['SET', 'z', 'b']);
  await comesTo(sites, 'private:shared:1', 'b');
  await comesTo(sites, 'kept:1', '1');
  await settled(sites);
  await run(a, ['DEL', 'kept:1']);
  await run(
    b,
    ['RPUSH', 'private:list', '1'],
    ['ZADD', 'private:z', 'NX', '1', 'm'],
    ['SUNIONSTORE', 'private:s', 'nothing'],
  );
  await settled(sites);
  const of = async (at: Site): Promise<string> => {
    const lines = await keysOf(at.master, (key, db) => db > 2 || /^(kept|not-at-b|private)/.test(key));
    return lines.map((line) => line.split(' ').slice(0, 2).join(':')).join(' ');
  };
  expectSame('at a', await of(a), '0:not-at-b:1 0:private:shared:1 3:x 3:z 4:y');
  expectSame('at b', await of(b), '0:kept:1 0:private:1 0:private:list 0:private:shared:1 0:private:z 3:z');
  expectSame('at c', await of(c), '0:kept:1 0:not-at-b:1 0:private:shared:1 3:z 4:y');
  // What b has not taken it has not seen: what it tells of such a key ends nothing of others.
  await run(a, ['HSET', 'not-at-b:h', 'of', 'a']);
  await comesTo([c], 'not-at-b:1', '1');
  await settled(sites);
  await run(b, ['HSET', 'not-at-b:from', 'of', 'b', 'more', 'b'], ['HSET', 'not-at-b:h', 'more', 'b']);
  await settled(sites);
  const h = (await keysOf(c.master, (key) => key === 'not-at-b:h'))[0];
  expectSame('fields of both', h, '0 not-at-b:h hash more=b of=a');
  await run(b, ['DEL', 'not-at-b:from', 'not-at-b:h']);
  // A flush by another site leaves what does not come in.
  await run(b, ['SET', 'not-at-b:own', '1']);
  await run(c, ['FLUSHALL']);
  await comesTo([a], 'not-at-b:1', null);
  await settled(sites);
  expectSame('at b after it', await of(b), '0:not-at-b:own');
}

/** One transaction on keys of all kinds of rules. */
export async function mixedTransaction({ sites, site }: Mesh): Promise<void> {
  const [a, b, c] = [site('a'), site('b'), site('c')];
  await run(a, ['SET', 'home-a:t', 'a']);
  await run(b, ['SET', 'home-b:t', 'b']);
  await comesTo(sites, 'home-a:t', 'a');
  await comesTo(sites, 'home-b:t', 'b');
  await b.master.with(async (client) => {
    await client
      .multi()
      .set('local:t', 'b')
      .set('home-a:t', 'rogue')
      .set('home-b:t', 'b2')
      .mset('plain:t', '1', 'local:t2', '1', 'private:t', '1')
      .incr('result:t')
      .exec();
  });
  await comesTo(sites, 'home-b:t', 'b2');
  await comesTo(sites, 'home-a:t', 'a');
  await comesTo(sites, 'plain:t', '1');
  await comesTo(sites, 'result:t', '1');
  for (const at of [a, c])
    for (const key of ['local:t', 'local:t2', 'private:t'])
      expectSame(`${key} at ${at.name}`, await get(at, key), null);
  expectSame('local at b', await get(b, 'local:t'), 'b');
}
