/**
 * Hard case 1: a server comes back with less than it had, though nothing came from other sites in between to tell it by. Until a
 * site can recover, it has to stop.
 */
import type { Case } from '../support/case.ts';
import { isLeftAlone, written } from './left-alone.ts';

export const rollbacks: readonly Case[] = [
  {
    name: '01-rolled-back',
    title: 'a server that comes back as it was before its last writes: its site stops, and others keep those writes',
    own: { names: ['a', 'b', 'c'] },
    run: async (stage) => {
      const kept = await written(stage);
      const [after, deleted] = [stage.key('after'), stage.key('deleted')];
      await stage.do('a', 'SET', deleted, 'v');
      await stage.settled();
      await stage.save('a');
      await stage.do('a', 'SET', after, 'v');
      await stage.do('a', 'DEL', deleted);
      await stage.settled();
      await stage.restartServer('a', 'saved');
      if ((await stage.do('a', 'GET', after)) !== null) throw new Error('a has not been rolled back');
      await isLeftAlone(stage, 'a', /^resync-required: .*can't continue/, kept);
      await stage.holds(after, { string: 'v' });
      await stage.holds(deleted, undefined);
    },
  },
  {
    name: '01-back-empty',
    title: 'a server that comes back empty: its site stops, and others keep everything',
    own: { names: ['a', 'b', 'c'] },
    run: async (stage) => {
      const kept = await written(stage);
      await stage.restartServer('a', 'nothing');
      await isLeftAlone(stage, 'a', /^resync-required: .*can't continue/, kept);
    },
  },
  {
    name: '01-back-where-it-was',
    title: 'a server that comes back with all that it had: its site goes on',
    own: { names: ['a', 'b'] },
    onlySimulated:
      'a server whose stream stands still between its saving and its end: real ones send a PING now and then',
    run: async (stage) => {
      const { contents } = await written(stage);
      const count = stage.key('more');
      for (const site of stage.names) await stage.do(site, 'INCR', count);
      await stage.settled();
      await stage.save('a');
      await stage.restartServer('a', 'saved');
      for (const site of stage.names) await stage.do(site, 'INCR', count);
      await stage.holds(count, { string: '4' });
      for (const [key, content] of contents) await stage.holds(key, content);
    },
  },
];
