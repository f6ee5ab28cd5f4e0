/**
 * Rules about keys at three sites: what is local stays, what has a home is put right, results win, filters hold back, and
 * one-way sites go one way; also through flushes, a partition, and restarts of replicators amid random writes.
 */
import { type Mesh, pause, Random, type Site, settled, waitFor } from '../../apps/demo/src/lab/index.ts';
import { expectSame, expectThat } from '../support/expect-that.ts';
import { keysOf } from '../support/keys-of.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';
import { type RandomWrites, writeAtRandom } from '../support/write-under-rules.ts';

const rules: Readonly<Record<string, unknown>> = {
  policies: [
    { keys: 'local:*', policy: 'local' },
    { keys: 'home-a:*', policy: { home: 'a' } },
    { keys: 'home-b:*', policy: { home: 'b' } },
    { keys: 'result:sum:*', policy: { counter: 'merge' } },
    { keys: ['result:*'], policy: { counter: 'lww' } },
  ],
};

const filtersOf: Readonly<Record<string, unknown>> = {
  a: {
    out: [
      { keys: 'kept:*', commands: ['DEL', 'UNLINK'], action: 'deny' },
      { databases: 3, action: 'deny' },
    ],
  },
  b: {
    out: [
      { keys: 'private:shared:*', action: 'allow' },
      { keys: 'private:*', action: 'deny' },
    ],
    in: [
      { keys: 'not-at-b:*', action: 'deny' },
      { databases: 4, action: 'deny' },
    ],
  },
};

const fewSeconds = { timeoutMs: 20_000, everyMs: 50 } as const;

export const policies: Scenario = {
  name: 'policies',
  title: 'policies, filters, one-way sites: local keys stay, home is right, results win, and sites are equal otherwise',
  ciRuns: 1,
  fullRuns: 10,
  run: async (context) => {
    const mesh = await context.start({
      names: ['a', 'b', 'c'],
      adjust: (options) => {
        const filters = filtersOf[options.site];
        return { ...options, rules: { ...rules, ...(filters === undefined ? {} : { filters }) } };
      },
    });
    await localKeys(mesh);
    context.log('local keys stay where they are');
    await homes(mesh);
    await homesApart(mesh);
    await flushesAtHome(mesh);
    context.log('home is put right, also after a partition, a restart and flushes');
    await results(mesh);
    await filters(mesh);
    await mixedTransaction(mesh);
    context.log('results, filters, transactions');
    const figures = await atRandom(mesh, context);
    await oneWay(context);
    return figures;
  },
};

async function run(site: Site, ...commands: readonly (readonly string[])[]): Promise<void> {
  await site.master.with(async (client) => {
    for (const [name = '', ...args] of commands) await client.call(name, ...args);
  });
}

async function get(site: Site, key: string): Promise<string | null> {
  return site.master.with((client) => client.get(key));
}

/** Waits until a key has a value at some sites. */
async function comesTo(sites: readonly Site[], key: string, value: string | null): Promise<void> {
  for (const site of sites) {
    await waitFor(`${key} is ${value} at ${site.name}`, async () => (await get(site, key)) === value, {
      ...fewSeconds,
      describe: async () => `it is ${await get(site, key)}\n${site.replicator.tail(5)}`,
    });
  }
}

async function localKeys({ sites, site }: Mesh): Promise<void> {
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
const hasHome = (key: string): boolean => key.startsWith('home-');

/** Waits until what has a home is the same everywhere, and nothing is waited for. */
async function homesAgree({ sites }: Mesh): Promise<readonly string[]> {
  return waitFor(
    'what has a home is as it is at home, everywhere',
    async () => {
      for (const { replicator } of sites)
        if (((await replicator.tryStatus())?.pending.undone ?? 1) > 0) return undefined;
      const [first, ...others] = await Promise.all(sites.map(({ master }) => keysOf(master, hasHome)));
      return others.every((other) => String(other) === String(first)) ? first : undefined;
    },
    {
      ...fewSeconds,
      describe: async () =>
        (await Promise.all(sites.map(async ({ name, master }) => `${name}: ${await keysOf(master, hasHome)}`))).join(
          '\n',
        ),
    },
  );
}

async function homes(mesh: Mesh): Promise<void> {
  const { site } = mesh;
  await run(
    site('a'),
    ['SET', 'home-a:flag', 'on'],
    ['HSET', 'home-a:h', 'f', '1', 'g', '2'],
    ['RPUSH', 'home-a:l', 'x', 'y'],
  );
  await run(site('a'), ['ZADD', 'home-a:z', '1', 'm'], ['SADD', 'home-a:s', 'm'], ['INCRBY', 'home-a:n', '5']);
  await run(site('a'), ['SET', 'home-a:ttl', 'v', 'EX', '1000'], ['XADD', 'home-a:x', '1-1', 'f', 'v']);
  await comesTo(mesh.sites, 'home-a:ttl', 'v');
  const right = await homesAgree(mesh);
  await run(
    site('b'),
    ['SET', 'home-a:flag', 'off'],
    ['HSET', 'home-a:h', 'rogue', '1'],
    ['LPUSH', 'home-a:l', 'rogue'],
  );
  await run(
    site('c'),
    ['DEL', 'home-a:z'],
    ['SADD', 'home-a:s', 'rogue'],
    ['INCR', 'home-a:n'],
    ['SET', 'home-a:other', '1'],
  );
  await run(
    site('b'),
    ['PERSIST', 'home-a:ttl'],
    ['XADD', 'home-a:x', '9-9', 'f', 'rogue'],
    ['RENAME', 'home-a:flag', 'stolen'],
  );
  expectSame('home is right', String(await homesAgree(mesh)), String(right));
  await comesTo(mesh.sites, 'stolen', 'off');
  const { policies } = await site('b').replicator.status();
  expectThat('undone writes are counted', (policies.undone ?? 0) >= 6, policies);
  const onRecord = (await site('c').replicator.conflicts('--key', 'home-a:*')).map(({ kind, key }) => `${kind} ${key}`);
  expectSame(
    'undone writes are on record',
    String(onRecord.toSorted()),
    String(['home-a:n', 'home-a:other', 'home-a:s', 'home-a:z'].map((key) => `home ${key}`)),
  );
  // Many writes, few questions.
  const before = (await site('b').replicator.status()).corrections.want ?? 0;
  await site('b').master.with(async (client) => {
    for (let n = 0; n < 500; n++) await client.set('home-a:flag', String(n));
  });
  expectSame('home is right', String(await homesAgree(mesh)), String(right));
  const asked = ((await site('b').replicator.status()).corrections.want ?? 0) - before;
  expectThat('500 writes to one key are few questions', asked >= 1 && asked <= 4, asked);
  // Home goes on while others write.
  const busy = run(site('a'), ...Array.from({ length: 300 }, (_, n) => ['SET', 'home-a:busy', String(n)]));
  await run(site('c'), ...Array.from({ length: 100 }, (_, n) => ['SET', 'home-a:busy', `rogue ${n}`]));
  await busy;
  await homesAgree(mesh);
  await comesTo(mesh.sites, 'home-a:busy', '299');
}

/** Home is away, and the replicator that is to undo starts again meanwhile. */
async function homesApart(mesh: Mesh): Promise<void> {
  const { site } = mesh;
  const away = [...mesh.links('a', 'c'), ...mesh.links('a', 'b')];
  for (const link of away) link.cut();
  await run(site('c'), ['SET', 'home-a:flag', 'apart'], ['DEL', 'home-a:h']);
  await run(site('a'), ['SET', 'home-a:flag', 'newer']);
  const isPending = async (): Promise<boolean> => ((await site('c').replicator.tryStatus())?.pending.undone ?? 0) === 2;
  await waitFor('what is to be undone waits', isPending, fewSeconds);
  expectSame('until home is back', await get(site('c'), 'home-a:flag'), 'apart');
  await site('c').replicator.kill();
  await run(site('c'), ['SET', 'home-a:n', 'while nobody listens']);
  site('c').replicator.start();
  await site('c').replicator.ready();
  await waitFor(
    // What was put right before may be asked for again: that it was may not have reached the log.
    'it waits after a restart too',
    async () => ((await site('c').replicator.tryStatus())?.pending.undone ?? 0) >= 3,
    { ...fewSeconds, describe: async () => JSON.stringify(await site('c').replicator.tryStatus()) },
  );
  for (const link of away) link.heal();
  await comesTo(mesh.sites, 'home-a:flag', 'newer');
  await homesAgree(mesh);
  expectSame(
    'home is right',
    (await keysOf(site('c').master, (key) => key === 'home-a:h'))[0],
    '0 home-a:h hash f=1 g=2',
  );
  expectSame('and stays so', await get(site('c'), 'home-a:n'), '5');
}

async function flushesAtHome(mesh: Mesh): Promise<void> {
  const { site, sites } = mesh;
  await run(site('b'), ['SET', 'home-b:1', 'b'], ['SET', 'home-b:2', 'b', 'EX', '1000'], ['SET', 'plain', '1']);
  await site('a').master.with(async (client) => {
    for (let n = 0; n < 1500; n++) await client.set(`home-a:many:${n}`, String(n));
    await client.select(1);
    await client.set('home-a:elsewhere', '1');
  });
  await comesTo(sites, 'plain', '1');
  await settled(sites);
  const right = await homesAgree(mesh);
  await run(site('c'), ['FLUSHALL']);
  await comesTo(sites, 'plain', null);
  expectSame('home is as it was everywhere', String(await homesAgree(mesh)), String(right));
  await run(site('a'), ['SELECT', '0'], ['FLUSHDB']);
  const left = await waitFor(
    'home has deleted its own, and b its own not',
    async () => {
      const held = await homesAgree(mesh);
      return held.length === 3 && held;
    },
    fewSeconds,
  );
  expectSame(
    'what is left',
    left.map((line) => line.split(' ', 2).join(' ')).join(),
    '0 home-b:1,0 home-b:2,1 home-a:elsewhere',
  );
}

async function results({ sites, site }: Mesh): Promise<void> {
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

async function filters({ sites, site }: Mesh): Promise<void> {
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

async function mixedTransaction({ sites, site }: Mesh): Promise<void> {
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

/** Random writes under all rules; replicators are killed amid them. */
async function atRandom(mesh: Mesh, context: RunContext): Promise<Figures> {
  const { sites } = mesh;
  const random = new Random(context.seed);
  const writes = context.full ? 6000 : 1500;
  const writers = sites.map(async (at): Promise<RandomWrites> => writeAtRandom(at, random.fork(), writes));
  for (const victim of [random.pick(sites), random.pick(sites), random.pick(sites)]) {
    await victim.replicator.kill();
    await pause(random.integer(0, 300));
    victim.replicator.start();
    await victim.replicator.ready();
  }
  const done = await Promise.all(writers);
  await homesAgree(mesh);
  await settled(sites, 120_000);
  const isShared = (key: string): boolean => key.startsWith('mix:') || key.startsWith('result:') || hasHome(key);
  const agree = async (): Promise<readonly string[] | undefined> => {
    const held = await Promise.all(sites.map(({ master }) => keysOf(master, isShared)));
    return held.every((one) => String(one) === String(held[0])) ? held[0] : undefined;
  };
  const held = await waitFor('what is replicated is equal everywhere', agree, {
    ...fewSeconds,
    describe: async () => {
      const lines = await Promise.all(sites.map(({ master }) => keysOf(master, isShared)));
      const common = new Set(lines[0]?.filter((line) => lines.every((other) => other.includes(line))));
      return lines
        .map((own, n) => `${sites[n]?.name}: ${own.filter((line) => !common.has(line)).join('\n   ')}`)
        .join('\n');
    },
  });
  for (const [n, one] of done.entries()) {
    const found = await keysOf(sites[n]!.master, (key) => key.startsWith('local:mix:'));
    expectSame(`local keys of ${sites[n]!.name}`, String(found), String(one.local));
  }
  const undone = await Promise.all(
    sites.map(async ({ replicator }) => (await replicator.status()).policies.undone ?? 0),
  );
  expectThat(
    'what is undone was counted',
    undone.some((count) => count > 0),
    undone,
  );
  return { randomWrites: done.reduce((sum, { writes: count }) => sum + count, 0), replicatedKeys: held.length };
}

/** x goes both ways, y sends only, z receives only. */
async function oneWay(context: RunContext): Promise<void> {
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
