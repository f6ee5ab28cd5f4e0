/** Hard case 12: a comparison while a site has evicted the key, or while sites have lost their place. */
import { isDeepStrictEqual } from 'node:util';
import type { Case } from '../support/case.ts';
import { showFound } from '../support/read-content.ts';
import type { Stage } from '../support/stage.ts';
import { written } from './left-alone.ts';

const hour = 3_600_000;

/** How often a site has taken over what another one holds. */
const repairsAt = (stage: Stage): Promise<number[]> =>
  Promise.all(stage.names.map((site) => stage.corrections(site, 'repair')));

/** Written at all sites in ways that are compared once the key is at rest, half a second later. */
async function contend(stage: Stage, name: string): Promise<void> {
  await stage.do('a', 'PEXPIRE', name, hour);
  await stage.do('c', 'INCRBY', name, 7);
  await stage.do('b', 'INCRBY', name, 100);
}

async function hasAll(stage: Stage, site: string, name: string): Promise<void> {
  await stage.waitFor(`${site} has all increments`, async () => (await stage.do(site, 'GET', name)) === '117', {
    everyMs: 5,
  });
}

export const compared: readonly Case[] = [
  {
    name: '12-compared-while-evicted',
    title: 'a key that is evicted at one site before it is compared: others keep it, and it stays away there alone',
    own: { names: ['a', 'b', 'c'] },
    run: async (stage) => {
      // C tells what it holds, and the others compare. What C tells before it has heard B, A has to wait for.
      for (const evicting of ['a', 'c']) {
        const name = stage.key(`evicted-at-${evicting}`);
        await stage.do('a', 'SET', name, 10);
        await stage.settled();
        const before = await repairsAt(stage);
        if (evicting === 'a') stage.cut('b', 'c');
        await contend(stage, name);
        await hasAll(stage, evicting, name);
        await stage.evict(evicting, [name]);
        for (let round = 0; round < 2; round++) {
          await stage.settled();
          // Longer than a key has to be at rest.
          await stage.pause(1500);
        }
        await stage.settled();
        for (const site of stage.names) {
          const { content } = await stage.read(site, name);
          if ((content === undefined) !== (site === evicting))
            throw new Error(`${name} is ${content === undefined ? 'gone' : 'back'} at ${site}`);
        }
        const after = await repairsAt(stage);
        if (String(after) !== String(before)) throw new Error(`keys were taken over: ${before} before, ${after} after`);
        await stage.do('b', 'INCRBY', name, 1000);
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
      await stage.do('a', 'SET', name, 10);
      await stage.settled();
      const before = await stage.corrections('c', 'repair');
      stage.cut('b', 'c');
      await contend(stage, name);
      await hasAll(stage, 'a', name);
      await stage.waitFor('c has something to compare', async () => (await stage.status('c')).pending.checks > 0);
      for (const site of ['a', 'b']) await stage.restartServer(site, 'saved');
      for (const site of ['a', 'b']) {
        const told = await stage.stopped(site);
        if (!/^resync-required: .*can't continue/.test(told)) throw new Error(`${site} has stopped as ${told}`);
        stage.leave(site);
        await stage.do(site, 'SET', name, site);
        for (const [key] of kept.contents) await stage.do(site, 'DEL', key);
      }
      // Longer than a key has to be at rest. What is to be compared waits for sites that are away, so nothing is ever settled.
      await stage.pause(1500);
      for (const [key, content] of [...kept.contents, [name, { string: '17' }] as const]) {
        const found = await stage.read('c', key);
        if (!isDeepStrictEqual(found.content, content)) throw new Error(`${key} is ${showFound(found)} at c`);
      }
      if ((await stage.corrections('c', 'repair')) !== before) throw new Error('c has taken over a key');
    },
  },
];
