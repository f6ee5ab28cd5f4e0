/** Hard case 16: a replica is made the master. One that was behind what was read cannot continue the stream: the site has to stop. */
import type { Case } from '../support/case.ts';
import { isLeftAlone, written } from './left-alone.ts';

/** Read from the master, sites may have shipped what no replica has. */
const readsFromMaster: NonNullable<NonNullable<Case['own']>['adjust']> = (options) => ({
  ...options,
  redis: { ...options.redis, capture: 'master' },
});

const own = { names: ['a', 'b'], withReplicas: true, applyThroughProxy: [] };

export const failovers: readonly Case[] = [
  {
    name: '16-candidate-behind',
    title: 'a replica that was behind is made the master: its site stops, and others keep what it lacks',
    own: { ...own, adjust: readsFromMaster },
    run: async (stage) => {
      const kept = await written(stage);
      await stage.holdReplica('a');
      const [after, list] = [stage.key('after'), stage.key('since')];
      await stage.do('a', 'SET', after, 'v');
      await stage.do('a', 'RPUSH', list, 'x');
      await stage.settled();
      await stage.promote('a');
      if ((await stage.do('a', 'GET', after)) !== null) throw new Error('the replica was not behind');
      await isLeftAlone(stage, 'a', /^resync-required: .*can't continue/, kept);
      await stage.holds(after, { string: 'v' });
      await stage.holds(list, { list: ['x'] });
    },
  },
  {
    name: '16-candidate-in-step',
    title: 'a replica that is in step is made the master: its site goes on, nothing is lost or counted twice',
    own,
    run: async (stage) => {
      const { contents } = await written(stage);
      const [sum, list] = [stage.key('sum'), stage.key('since')];
      for (const site of stage.names) await stage.do(site, 'INCRBY', sum, 5);
      await stage.settled();
      await stage.promote('a');
      for (const site of stage.names) {
        await stage.do(site, 'INCRBY', sum, 7);
        await stage.do(site, 'SADD', list, site);
      }
      await stage.holds(sum, { string: '24' });
      await stage.holds(list, { set: ['a', 'b'] });
      for (const [key, content] of contents) await stage.holds(key, content);
    },
  },
];
