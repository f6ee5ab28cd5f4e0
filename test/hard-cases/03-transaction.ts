/** Hard case 3: a unit that deletes a key and makes it anew. Its own root must not kill what follows it in the unit. */
import type { Case } from '../support/case.ts';

export const transactions: readonly Case[] = [
  {
    name: '03-delete-and-make-anew',
    title: 'MULTI; DEL k; HSET k f; EXEC leaves the new field alone, whatever was there',
    run: async (stage) => {
      const [fresh, old, often] = [stage.key('fresh'), stage.key('old'), stage.key('often')];
      await stage.do('b', 'HSET', old, 'f', 'before', 'g', 'before');
      await stage.settled();
      await stage.transaction('a', ['DEL', fresh], ['HSET', fresh, 'f', '1']);
      await stage.transaction('a', ['DEL', old], ['HSET', old, 'f', '1']);
      const round = [
        ['DEL', often],
        ['HSET', often, 'f', '1'],
        ['DEL', often],
        ['HSET', often, 'g', '2'],
      ];
      await stage.transaction('a', ...round);
      await stage.holds(fresh, { hash: { f: '1' } });
      await stage.holds(old, { hash: { f: '1' } });
      await stage.holds(often, { hash: { g: '2' } });
    },
  },
  {
    name: '03-against-another-site',
    title: 'MULTI; DEL k; HSET k f; EXEC kills what is older at another site, and not what is newer',
    run: async (stage) => {
      const [older, newer] = [stage.key('older'), stage.key('newer')];
      for (const key of [older, newer]) await stage.do('c', 'HSET', key, 'h', 'first');
      await stage.settled();
      stage.apart();
      await stage.do('b', 'HSET', older, 'g', 'at b');
      await stage.captured('b');
      for (const key of [older, newer]) await stage.transaction('a', ['DEL', key], ['HSET', key, 'f', 'at a']);
      await stage.captured('a');
      await stage.do('b', 'HSET', newer, 'g', 'at b');
      await stage.holds(older, { hash: { f: 'at a' } });
      await stage.holds(newer, { hash: { f: 'at a', g: 'at b' } });
    },
  },
];
