/** Hard case 8: the log of a site is lost, or an older copy of it is put in its place. Until a site can recover, it has to stop. */
import type { Case } from '../support/case.ts';
import { isLeftAlone, written } from './left-alone.ts';

export const logs: readonly Case[] = [
  {
    name: '08-log-lost',
    title: 'a site whose log is lost stops: nothing of what its server holds is shipped, nothing is applied there',
    own: { names: ['a', 'b', 'c'] },
    run: async (stage) => {
      const kept = await written(stage);
      await stage.kill('a');
      stage.log('a', 'lose');
      stage.begin('a');
      await isLeftAlone(stage, 'a', /^resync-required: .*already holds data/, kept);
    },
  },
  {
    name: '08-log-restored',
    title:
      'a site whose log was restored from a copy stops: nothing is shipped under numbers that others have seen already',
    own: { names: ['a', 'b', 'c'] },
    run: async (stage) => {
      const kept = await written(stage);
      await stage.kill('a');
      stage.log('a', 'keep');
      await stage.restart('a');
      const [sum, list] = [stage.key('sum'), stage.key('since')];
      for (const site of ['a', 'b']) {
        await stage.do(site, 'INCRBY', sum, 5);
        await stage.do(site, 'RPUSH', list, site);
      }
      await stage.settled();
      const [{ content } = { content: undefined }] = await stage.same([list]);
      await stage.kill('a');
      stage.log('a', 'put back');
      stage.begin('a');
      await isLeftAlone(stage, 'a', /^resync-required: /, kept);
      await stage.holds(sum, { string: '10' });
      await stage.holds(list, content);
    },
  },
  {
    name: '08-log-put-back',
    title:
      'a site that was started without its log by mistake goes on with it where it was, with what was written meanwhile',
    own: { names: ['a', 'b', 'c'] },
    run: async (stage) => {
      const { contents } = await written(stage);
      const sum = stage.key('sum');
      await stage.do('a', 'INCRBY', sum, 5);
      await stage.settled();
      await stage.kill('a');
      stage.log('a', 'keep');
      stage.log('a', 'lose');
      stage.begin('a');
      await stage.stopped('a');
      for (const site of stage.names) await stage.do(site, 'INCRBY', sum, 7);
      await stage.kill('a');
      stage.log('a', 'put back');
      await stage.restart('a');
      await stage.holds(sum, { string: '26' });
      for (const [key, content] of contents) await stage.holds(key, content);
    },
  },
];
