/** Hard case 12: a comparison while a site has evicted the key, or while sites have lost their place. */
import type { Case } from '../support/case.ts';
import type { Stage } from '../support/stage.ts';
import { isLeftAlone, written } from './left-alone.ts';

const hour = 3_600_000;

/** How often a site has taken over what another one holds. */
const repairsAt = (stage: Stage): Promise<number[]> =>
  Promise.all(stage.names.map((site) => stage.corrections(site, 'repair')));

/** A key written at all sites in ways that are compared once it is at rest; B and C do not hear each other, which puts that off. */
async function contended(stage: Stage, name: string): Promise<void> {
  await stage.do('a', 'SET', name, 10);
  await stage.settled();
  stage.cut('b', 'c');
  await stage.do('a', 'PEXPIRE', name, hour);
  await stage.do('c', 'INCRBY', name, 7);
  await stage.do('b', 'INCRBY', name, 100);
  await stage.waitFor('a has all increments', async () => (await stage.do('a', 'GET', name)) === '117');
  await stage.waitFor('c has something to compare', async () => (await stage.status('c')).pending.checks > 0);
}

export const compared: readonly Case[] = [
  {
    name: '12-compared-while-evicted',
    title: 'a key that is evicted at one site before it is compared: others keep it, and it stays away there alone',
    own: { names: ['a', 'b', 'c'] },
    run: async (stage) => {
      for (const evicting of ['b', 'c']) {
        const name = stage.key(`evicted-at-${evicting}`);
        await contended(stage, name);
        const before = await repairsAt(stage);
        await stage.waitFor(`${evicting} has it`, async () => (await stage.do(evicting, 'EXISTS', name)) === 1);
        await stage.evict(evicting, [name]);
        // Longer than a key has to be at rest.
        await stage.pause(1500);
        await stage.settled();
        await stage.pause(1500);
        await stage.settled();
        for (const site of stage.names) {
          const { content } = await stage.read(site, name);
          if ((content === undefined) !== (site === evicting))
            throw new Error(`${name} is ${content === undefined ? 'gone' : 'back'} at ${site}`);
        }
        const after = await repairsAt(stage);
        if (String(after) !== String(before)) throw new Error(`keys were taken over: ${before} before, ${after} after`);
        await stage.do('a', 'INCRBY', name, 1000);
        await stage.holds(name, { string: '1117' }, 'some');
      }
    },
  },
  {
    name: '12-compared-while-two-recover',
    title: 'two sites that have lost their place stop before a key is compared: the third takes over nothing of theirs',
    own: { names: ['a', 'b', 'c'] },
    run: async (stage) => {
      const kept = await written(stage);
      for (const site of ['a', 'b']) await stage.save(site);
      const name = stage.key('contended');
      await contended(stage, name);
      const before = await stage.corrections('c', 'repair');
      for (const site of ['a', 'b']) await stage.restartServer(site, 'saved');
      await isLeftAlone(stage, 'a', /^resync-required: .*can't continue/, { contents: [] });
      await isLeftAlone(stage, 'b', /^resync-required: .*can't continue/, kept);
      await stage.holds(name, { string: '17' }, 'some');
      if ((await stage.corrections('c', 'repair')) !== before) throw new Error('c has taken over a key');
    },
  },
];
