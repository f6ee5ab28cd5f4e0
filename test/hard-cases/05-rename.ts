/** Hard case 5: what is written between a RENAME and the fence behind which its result is read. */
import type { Case } from '../support/case.ts';

export const renames: readonly Case[] = [
  {
    name: '05-increment-before-the-fence',
    title: 'RENAME a b; INCR b before the fence: what is read holds the increments, and they count once',
    run: async (stage) => {
      const [from, to] = [stage.key('from'), stage.key('to')];
      await stage.do('b', 'SET', from, 7);
      await stage.settled();
      const increments = stage.random.integer(1, 40);
      stage.holdCalls('a');
      await stage.do('a', 'RENAME', from, to);
      await stage.send(
        'a',
        Array.from({ length: increments }, () => ['INCR', to]),
      );
      await stage.do('a', 'INCRBY', from, 100);
      stage.freeCalls('a');
      await stage.do('a', 'INCR', to);
      await stage.holds(to, { string: String(7 + increments + 1) });
      await stage.holds(from, { string: '100' });
    },
  },
  {
    name: '05-many-renames',
    title: 'many keys renamed with increments in one pipeline, and counted at other sites afterwards: exact',
    run: async (stage) => {
      const pairs = Array.from({ length: 30 }, (_, i) => [stage.key(`from:${i}`), stage.key(`to:${i}`)] as const);
      await stage.send(
        'b',
        pairs.map(([from], i) => ['SET', from, i]),
      );
      await stage.settled();
      await stage.send(
        'a',
        pairs.flatMap(([from, to]) => [
          ['RENAME', from, to],
          ['INCR', to],
          ['INCRBY', to, 5],
        ]),
      );
      await stage.settled();
      await Promise.all(
        stage.names.map((site) =>
          stage.send(
            site,
            pairs.map(([, to]) => ['INCR', to]),
          ),
        ),
      );
      for (const [i, [from, to]] of pairs.entries()) {
        await stage.holds(to, { string: String(i + 9) });
        await stage.holds(from, undefined);
      }
    },
  },
  {
    name: '05-against-another-site',
    title: 'increments of another site that stood on what a RENAME overwrote are lost, before it and after it',
    run: async (stage) => {
      const [from, to] = [stage.key('from'), stage.key('to')];
      await stage.transaction('a', ['SET', from, 7], ['SET', to, 1000]);
      await stage.settled();
      stage.apart();
      await stage.do('b', 'INCR', to);
      await stage.captured('b');
      await stage.send('a', [
        ['RENAME', from, to],
        ['INCR', to],
      ]);
      await stage.captured('a');
      await stage.do('b', 'INCR', to);
      await stage.holds(to, { string: '8' });
      await stage.holds(from, undefined);
    },
  },
];
