/** Hard case 9: DEL, HSET and HDEL of one site against SADD of another, in every order, with and without a hash before. */
import type { Case } from '../support/case.ts';
import type { Content } from '../support/read-content.ts';

type Write = 'DEL' | 'HSET' | 'HDEL' | 'SADD';

const orders = permutations<Write>(['DEL', 'HSET', 'HDEL', 'SADD']);

interface Play {
  readonly key: string;
  readonly order: readonly Write[];
  /** Whether all sites hold a hash before. */
  readonly hashBefore: boolean;
}

export const kindRaces: readonly Case[] = [
  {
    name: '09-kinds-in-every-order',
    title: 'DEL, HSET, HDEL against SADD in every order: the newest kind is left, with what is newer than the delete',
    run: async (stage) => {
      const plays: Play[] = [true, false].flatMap((hashBefore) =>
        orders.map((order) => ({
          key: stage.key(`${hashBefore ? 'hash' : 'none'}:${order.join('-')}`),
          order,
          hashBefore,
        })),
      );
      const before = plays.filter(({ hashBefore }) => hashBefore);
      await stage.send(
        'c',
        before.map(({ key }) => ['HSET', key, 'f', 'before', 'g', 'before']),
      );
      await stage.settled();
      stage.apart();
      for (let place = 0; place < 4; place++) {
        const atA = plays.filter(({ order }) => order[place] !== 'SADD');
        await stage.send(
          'a',
          atA.map(({ key, order }) => wordsOf(order[place] as Write, key)),
        );
        // The other site makes its set in place of the hash that it holds.
        for (const { key, order, hashBefore } of plays) {
          if (order[place] !== 'SADD') continue;
          await stage.transaction('b', ...(hashBefore ? [['DEL', key]] : []), ['SADD', key, 'm']);
        }
        await stage.captured('a', 'b');
      }
      await stage.settled();
      for (const play of plays) await stage.holds(play.key, expected(play));
    },
  },
];

function wordsOf(write: Write, key: string): string[] {
  if (write === 'DEL') return ['DEL', key];
  return write === 'HSET' ? ['HSET', key, 'f', 'new'] : ['HDEL', key, 'f'];
}

/** By the rules, slowly: a delete kills what is older, an add kills what is older and of another kind. */
function expected({ order, hashBefore }: Play): Content | undefined {
  const fields = new Map<string, number>(
    hashBefore
      ? [
          ['f', -1],
          ['g', -1],
        ]
      : [],
  );
  const value = new Map([
    ['g', 'before'],
    ['f', 'before'],
  ]);
  let [root, hashAdd] = [-2, hashBefore ? -1 : -2];
  const set = order.indexOf('SADD');
  // What the site of the hash holds decides which of its commands do anything.
  const local = new Set(fields.keys());
  for (const [place, write] of order.entries()) {
    if (write === 'DEL' && local.size > 0) {
      root = place;
      local.clear();
    } else if (write === 'HSET') {
      hashAdd = place;
      fields.set('f', place);
      value.set('f', 'new');
      local.add('f');
    } else if (write === 'HDEL' && local.delete('f')) fields.delete('f');
  }
  // Its set came with a delete of its own where there was a hash.
  if (hashBefore) root = Math.max(root, set - 0.5);
  if (set > root && set > hashAdd) return { set: ['m'] };
  const left = [...fields].filter(([, place]) => place > root && place > set);
  return left.length === 0
    ? undefined
    : { hash: Object.fromEntries(left.map(([name]) => [name, value.get(name) ?? ''])) };
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, place) => permutations(items.toSpliced(place, 1)).map((rest) => [item, ...rest]));
}
