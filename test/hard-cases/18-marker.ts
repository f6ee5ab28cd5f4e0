/** Hard case 18: a user writes keys that are named like the bookkeeping's. */
import type { Case } from '../support/case.ts';
import type { Stage } from '../support/stage.ts';

const marker = 'entwine:{0}';

/** Waits until the marker is a hash without an expiry that holds the site's own field and those of its peers. */
async function markerIsWhole(stage: Stage, site: string): Promise<void> {
  await stage.waitFor(`the marker of ${site} is whole`, async () => {
    const { content, expiry } = await stage.read(site, marker);
    if (content === undefined || !('hash' in content) || expiry !== -1) return false;
    const fields = Object.keys(content.hash);
    if (fields.some((field) => field.includes('forged'))) return false;
    const peers = stage.names.filter((name) => name !== site);
    return fields.includes('own') && peers.every((peer) => fields.some((field) => field.startsWith(`${peer}/`)));
  });
}

const damages: readonly (readonly string[])[] = [
  ['HSET', marker, 'own', 'o1:9:9:9:x:y:z'],
  ['HSET', marker, 'b/main/forged', '1:9:9:x'],
  ['HDEL', marker, 'own'],
  ['DEL', marker],
  ['SET', marker, 'mine'],
  ['EXPIRE', marker, '100000'],
  ['PEXPIRE', marker, '1'],
];

export const markers: readonly Case[] = [
  {
    name: '18-user-writes-the-marker',
    title: 'whatever a user does to the marker, it comes back, is not replicated, and nothing is lost',
    own: { names: ['a', 'b'] },
    run: async (stage) => {
      const count = stage.key('count');
      await stage.do('b', 'INCR', count);
      await stage.settled();
      let expected = 1;
      for (const damage of damages) {
        await stage.do('a', ...damage);
        for (const site of stage.names) await stage.do(site, 'INCR', count);
        expected += stage.names.length;
        await markerIsWhole(stage, 'a');
        await markerIsWhole(stage, 'b');
        await stage.holds(count, { string: String(expected) });
      }
      const { alarms } = await stage.status('a');
      if (!alarms.some(({ name }) => name === 'marker-damaged')) throw new Error('no alarm tells of the marker');
    },
  },
  {
    name: '18-keys-of-that-name',
    title: 'keys that begin with entwine:{ stay where they were written; others of that word travel',
    run: async (stage) => {
      const [own, user] = [`entwine:{${stage.key('user')}}`, `entwine:${stage.key('user')}`];
      await stage.do('a', 'SET', own, 'v');
      await stage.do('a', 'SET', user, 'v');
      await stage.holds(user, { string: 'v' });
      for (const site of ['b', 'c']) {
        const { content } = await stage.read(site, own);
        if (content !== undefined) throw new Error(`${own} is at ${site}`);
      }
    },
  },
];
