/** Stories of sessions: renewed, expired and deleted at sites that do not hear of each other. */

import type { Case } from '../support/case.ts';
import { inTime } from '../support/in-time.ts';

const hour = 3_600_000;

export const sessions: readonly Case[] = [
  {
    name: 'session-renewed',
    title: 'a session renewed at one site while it expires at the cut-off other is present at both afterwards',
    run: (stage) =>
      inTime(async (ttlMs, number) => {
        const [text, hash] = [stage.key(`text:${number}`), stage.key(`hash:${number}`)];
        const until = stage.now() + ttlMs;
        await stage.do('a', 'SET', text, 'user 7', 'PXAT', until);
        await stage.transaction('a', ['HSET', hash, 'user', '7', 'cart', 'full'], ['PEXPIREAT', hash, until]);
        await stage.settled();
        stage.apart();
        const renewed = stage.now() + hour;
        const replies = await stage.transaction('a', ['PEXPIREAT', text, renewed], ['PEXPIREAT', hash, renewed]);
        if (!replies.every((reply) => reply === 1)) return false;
        for (const site of ['b', 'c']) for (const key of [text, hash]) await stage.gone(site, key);
        await stage.holds(text, { string: 'user 7' }, renewed);
        await stage.holds(hash, { hash: { user: '7', cart: 'full' } }, renewed);
        return true;
      }),
  },
  {
    name: 'session-renewed-by-writing',
    title: 'a session written anew with a later expiry while it expires at the cut-off other is the new one at both',
    run: (stage) =>
      inTime(async (ttlMs, number) => {
        const text = stage.key(`text:${number}`);
        await stage.do('a', 'SET', text, 'old', 'PXAT', stage.now() + ttlMs);
        await stage.settled();
        stage.apart();
        const renewed = stage.now() + hour;
        await stage.do('a', 'SET', text, 'new', 'PXAT', renewed);
        await stage.captured('a');
        for (const site of ['b', 'c']) await stage.gone(site, text);
        await stage.holds(text, { string: 'new' }, renewed);
        return true;
      }),
  },
  {
    name: 'session-deleted',
    title: 'a session deleted at one site and untouched at the cut-off other is deleted at both',
    run: async (stage) => {
      const [text, hash] = [stage.key('text'), stage.key('hash')];
      const until = stage.now() + hour;
      await stage.do('b', 'SET', text, 'user 7', 'PXAT', until);
      await stage.transaction('b', ['HSET', hash, 'user', '7'], ['PEXPIREAT', hash, until]);
      await stage.settled();
      stage.apart();
      await stage.do('a', 'DEL', text);
      await stage.do('a', 'UNLINK', hash);
      await stage.holds(text, undefined);
      await stage.holds(hash, undefined);
    },
  },
  {
    name: 'session-renewed-then-deleted',
    title: 'a session renewed at one site and then deleted at the other, logging out, is deleted at both',
    run: async (stage) => {
      const text = stage.key('text');
      await stage.do('b', 'SET', text, 'user 7', 'PXAT', stage.now() + hour);
      await stage.settled();
      stage.apart();
      await stage.do('b', 'PEXPIREAT', text, stage.now() + 2 * hour);
      await stage.captured('b');
      await stage.do('a', 'DEL', text);
      await stage.holds(text, undefined);
    },
  },
];
