/** Hard case 22: SWAPDB, of databases that other sites hold as well, the marker's among them. */
import type { Case } from '../support/case.ts';

const own = { names: ['a', 'b'] };

export const swaps: readonly Case[] = [
  {
    name: '22-swapdb',
    title: 'SWAPDB 0 1 swaps both databases everywhere, and replication goes on in both',
    own,
    run: async (stage) => {
      const [text, hash, list, other, count] = ['text', 'hash', 'list', 'other', 'count'].map((name) =>
        stage.key(name),
      ) as [string, string, string, string, string];
      const until = stage.now() + 3_600_000;
      await stage.transaction(
        'a',
        ['SET', text, 'v', 'PXAT', until],
        ['HSET', hash, 'f', '1'],
        ['RPUSH', list, 'x', 'y'],
      );
      await stage.transaction(
        'b',
        ['SELECT', 1],
        ['SET', other, 'w'],
        ['INCRBY', count, 5],
        ['SET', text, 'one'],
        ['SELECT', 0],
      );
      await stage.settled();
      await stage.do('a', 'SWAPDB', 0, 1);
      const inOne = async (): Promise<void> => {
        await stage.holds(text, { string: 'v' }, until, 1);
        await stage.holds(hash, { hash: { f: '1' } }, 'none', 1);
        await stage.holds(list, { list: ['x', 'y'] }, 'none', 1);
      };
      await inOne();
      await stage.holds(other, { string: 'w' });
      await stage.holds(text, { string: 'one' });
      await stage.holds(hash, undefined);
      await stage.holds(count, { string: '5' });
      await stage.do('b', 'INCR', count);
      await stage.do('a', 'INCR', count);
      await stage.transaction('b', ['SELECT', 1], ['RPUSH', list, 'z'], ['SELECT', 0]);
      await stage.holds(count, { string: '7' });
      await stage.holds(list, { list: ['x', 'y', 'z'] }, 'none', 1);
      await stage.do('b', 'SWAPDB', 1, 0);
      await stage.holds(hash, { hash: { f: '1' } });
      await stage.holds(count, { string: '7' }, 'none', 1);
    },
  },
  {
    name: '22-swapdb-against-a-write',
    title: 'a write that is newer than a SWAPDB which it did not know stands in the database where it was written',
    own,
    run: async (stage) => {
      const [older, newer, moved] = [stage.key('older'), stage.key('newer'), stage.key('moved')];
      await stage.do('a', 'SET', moved, 'v');
      await stage.settled();
      stage.apart();
      await stage.do('b', 'SET', older, 'at b');
      await stage.captured('b');
      await stage.do('a', 'SWAPDB', 0, 1);
      await stage.captured('a');
      await stage.do('b', 'SET', newer, 'at b');
      await stage.holds(newer, { string: 'at b' });
      await stage.holds(older, undefined);
      await stage.holds(moved, undefined);
      await stage.holds(moved, { string: 'v' }, 'none', 1);
    },
  },
];
