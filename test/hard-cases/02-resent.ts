/** Hard case 2: a call that was given up and made again, and whose first copy arrives then all the same. */
import type { Case } from '../support/case.ts';

export const resent: readonly Case[] = [
  {
    name: '02-resent-then-the-first-arrives',
    title:
      'a call that is made again while its first copy is on its way: what it does counts once, also behind local writes',
    run: async (stage) => {
      const [count, hash, list, text] = ['count', 'hash', 'list', 'text'].map((name) => stage.key(name)) as [
        string,
        string,
        string,
        string,
      ];
      await stage.do('b', 'SET', text, 'before');
      await stage.settled();
      const trap = stage.trapCall('a', count);
      await stage.transaction(
        'b',
        ['INCRBY', count, 7],
        ['HINCRBY', hash, 'f', 3],
        ['RPUSH', list, 'x', 'y'],
        ['SET', text, 'remote'],
      );
      const first = await trap.caught();
      first.giveUp();
      const arrived = async (): Promise<boolean> => (await stage.do('a', 'GET', count)) === '7';
      await stage.waitFor('it was made again', arrived, { timeoutMs: 60_000 });
      await stage.do('a', 'LPOP', list);
      await stage.do('a', 'SET', text, 'local');
      await stage.do('a', 'INCRBY', count, 100);
      await stage.captured('a');
      first.release();
      await stage.pause(200);
      await stage.holds(count, { string: '107' });
      await stage.holds(hash, { hash: { f: '3' } });
      await stage.holds(list, { list: ['y'] });
      await stage.holds(text, { string: 'local' });
      stage.freeCalls('a');
    },
  },
];
