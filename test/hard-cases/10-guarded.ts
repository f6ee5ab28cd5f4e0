/**
 * Hard case 10: commands that depend on all that a key holds, arriving early, late, against deletes and against each other.
 *
 * What a conflict has added again stands where its command puts it by then; so cases with a conflict ask for every element
 * once, in the same order at all sites, not for one order.
 */
import type { Case } from '../support/case.ts';
import { showFound } from '../support/read-content.ts';
import type { Stage } from '../support/stage.ts';

const pairs: readonly (readonly [string, string])[] = [
  ['a', 'b'],
  ['a', 'c'],
  ['b', 'c'],
];

/** Every site holds the same list, with these elements, each once, in any order. */
async function holdsEach(stage: Stage, key: string, elements: readonly string[]): Promise<void> {
  const [found] = await stage.same([key]);
  const list = found?.content !== undefined && 'list' in found.content ? found.content.list : [];
  const [left, right] = [list.toSorted().join(' '), elements.toSorted().join(' ')];
  if (left === right) return;
  const missing = elements.filter((element) => !list.includes(element));
  const twice = list.filter((element, place) => list.indexOf(element) !== place);
  throw new Error(
    `${key} of ${elements.length} holds ${list.length}; missing ${missing.slice(0, 10)}; twice ${twice.slice(0, 10)}`,
  );
}

export const guarded: readonly Case[] = [
  {
    name: '10-before-the-base',
    title: 'a push that arrives before the push it stands on: both are there once, in the order of their site',
    run: async (stage) => {
      const [list, text] = [stage.key('list'), stage.key('text')];
      stage.cut('a', 'c');
      await stage.transaction('a', ['RPUSH', list, 'one'], ['APPEND', text, 'one ']);
      await stage.waitFor('the push is at b', async () => (await stage.do('b', 'STRLEN', text)) === 4);
      await stage.transaction('b', ['RPUSH', list, 'two'], ['APPEND', text, 'two ']);
      await stage.captured('b');
      await stage.received('c', 'b');
      await stage.holds(list, { list: ['one', 'two'] });
      await stage.holds(text, { string: 'one two ' });
    },
  },
  {
    name: '10-chain-before-the-base',
    title: 'a chain of pushes by two sites that the third gets from one of them first: every element is there once',
    run: async (stage) => {
      const list = stage.key('list');
      const expected: string[] = [];
      stage.cut('a', 'c');
      for (let round = 0; round < 10; round++) {
        const writer = stage.random.pick(['a', 'b']);
        for (let push = stage.random.integer(1, 3); push > 0; push--) {
          expected.push(`${writer}${expected.length}`);
          await stage.do(writer, 'RPUSH', list, expected.at(-1) ?? '');
        }
        const reader = writer === 'a' ? 'b' : 'a';
        await stage.waitFor('it is there', async () => (await stage.do(reader, 'LLEN', list)) === expected.length);
      }
      await stage.captured('b');
      await stage.received('c', 'b');
      await holdsEach(stage, list, expected);
    },
  },
  {
    name: '10-push-then-delete',
    title: 'DEL newer than a push that it did not know: the key is gone everywhere',
    run: async (stage) => {
      const list = stage.key('list');
      await stage.do('c', 'RPUSH', list, 'old');
      await stage.settled();
      stage.apart();
      await stage.do('b', 'RPUSH', list, 'new');
      await stage.captured('b');
      await stage.do('a', 'DEL', list);
      await stage.holds(list, undefined);
    },
  },
  {
    name: '10-delete-then-push',
    title: 'a push newer than a DEL that it did not know: what was pushed is left, what the DEL had seen is not',
    run: async (stage) => {
      const list = stage.key('list');
      await stage.do('c', 'RPUSH', list, 'old');
      await stage.settled();
      stage.apart();
      await stage.do('a', 'DEL', list);
      await stage.captured('a');
      await stage.do('b', 'RPUSH', list, 'new');
      await stage.holds(list, { list: ['new'] });
    },
  },
  {
    name: '10-three-writers',
    title:
      'three sites push to one list while links come and go: every element is there once, the same list everywhere',
    run: async (stage) => {
      const list = stage.key('list');
      const elements: string[] = [];
      for (let round = 0; round < 12; round++) {
        const cut = stage.random.pick(pairs);
        if (stage.random.chance(0.6)) stage.cut(...cut);
        await Promise.all(
          stage.names.map((site) => {
            const pushes = Array.from({ length: stage.random.integer(1, 6) }, (_, i) => `${site}:${round}:${i}`);
            elements.push(...pushes);
            return stage.send(
              site,
              pushes.map((element) => [stage.random.pick(['LPUSH', 'RPUSH']), list, element]),
            );
          }),
        );
        if (stage.random.chance(0.5)) stage.join(...cut);
      }
      await holdsEach(stage, list, elements);
    },
  },
  {
    name: '10-three-writers-apart',
    title: 'three sites push to one list without hearing of each other: every element is there once',
    run: async (stage) => {
      const list = stage.key('list');
      await stage.do('a', 'RPUSH', list, 'base');
      await stage.settled();
      stage.apart();
      const elements = ['base'];
      for (const site of stage.names) {
        for (let i = 0; i < 20; i++) {
          elements.push(`${site}${i}`);
          await stage.do(site, stage.random.pick(['LPUSH', 'RPUSH']), list, `${site}${i}`);
        }
      }
      await holdsEach(stage, list, elements);
    },
  },
  {
    name: '10-pop-lands-behind-local-writes',
    title: 'a pop of another site that lands behind a pop and a push here takes nothing that its site had not seen',
    run: async (stage) => {
      const list = stage.key('list');
      await stage.do('a', 'RPUSH', list, 'taken');
      await stage.settled();
      const call = stage.trapCall('b', list);
      await stage.do('a', 'RPOP', list);
      const held = await call.caught();
      await stage.send('b', [
        ['LPUSH', list, 'pushed'],
        ['RPOP', list],
        ['LPUSH', list, 'pushed too'],
      ]);
      held.release();
      await holdsEach(stage, list, ['pushed', 'pushed too']);
      stage.freeCalls('b');
    },
  },
  {
    name: '10-asked-site-dies',
    title: 'the site that is asked for a state ends before it answers, and comes back: nothing pushed is missing',
    own: { names: ['a', 'b', 'c'], applyThroughProxy: ['c'] },
    run: async (stage) => {
      const list = stage.key('list');
      stage.apart();
      for (const site of stage.names) {
        await stage.send(site, [
          ['RPUSH', list, `${site}1`],
          ['RPUSH', list, `${site}2`],
        ]);
        await stage.captured(site);
      }
      // Without its Redis it can't read behind a fence, and so not answer.
      stage.holdCalls('c');
      const asked = async (site: string): Promise<boolean> => (await stage.corrections(site, 'want')) > 0;
      stage.together();
      await stage.waitFor('c is asked', async () => (await asked('a')) || (await asked('b')), {
        describe: async () => `${showFound(await stage.read('a', list))} at a`,
      });
      await stage.kill('c');
      stage.freeCalls('c');
      await stage.do('a', 'RPUSH', list, 'a3');
      await stage.restart('c');
      await holdsEach(stage, list, ['a1', 'a2', 'a3', 'b1', 'b2', 'c1', 'c2']);
    },
  },
];
