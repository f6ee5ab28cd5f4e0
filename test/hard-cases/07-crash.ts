/**
 * Hard cases 7 and 17: a replicator dies when Redis has what another site wrote, and its own log does not know that yet. The clock
 * goes on above what it had seen, and what was not flushed was not acknowledged.
 */
import type { Case } from '../support/case.ts';

const aheadMs = 20_000;

export const crashes: readonly Case[] = [
  {
    name: '07-peer-ahead-crash-before-the-commit',
    title: 'a write upon what a site with a fast clock wrote wins over it, though the replicator died between the two',
    own: { names: ['a', 'b'] },
    run: async (stage) => {
      await stage.setClock('b', aheadMs);
      for (let round = 0; round < 4; round++) {
        const [text, hash, count] = [
          stage.key(`text:${round}`),
          stage.key(`hash:${round}`),
          stage.key(`count:${round}`),
        ];
        stage.stopFlushing('a', text);
        await stage.transaction('b', ['SET', text, 'remote'], ['HSET', hash, 'f', 'remote'], ['INCRBY', count, 5]);
        const isThere = async (): Promise<boolean> => (await stage.do('a', 'GET', text)) === 'remote';
        await stage.waitFor('it is there', isThere, { everyMs: 1 });
        if (round % 2 === 0) await stage.kill('a');
        await stage.transaction('a', ['SET', text, 'local'], ['HSET', hash, 'f', 'local'], ['INCR', count]);
        if (round % 2 === 1) await stage.kill('a');
        await stage.restart('a');
        await stage.holds(text, { string: 'local' });
        await stage.holds(hash, { hash: { f: 'local' } });
        await stage.holds(count, { string: '6' });
      }
    },
  },
  {
    name: '17-acknowledged-once-flushed',
    title: 'what was applied and not flushed is not acknowledged, and what was captured and not flushed is not shipped',
    own: { names: ['a', 'b'] },
    onlySimulated: 'a disk that does not write',
    run: async (stage) => {
      const [count, list, own] = [stage.key('count'), stage.key('list'), stage.key('own')];
      await stage.do('b', 'INCR', count);
      await stage.settled();
      const acknowledged = async (): Promise<number> =>
        (await stage.status('b')).peers.find(({ site }) => site === 'a')?.acknowledged ?? 0;
      // Right behind a heartbeat, so that none comes between: the entry is the last.
      const last = async (): Promise<number> => (await stage.status('b')).seq.captured;
      const before = await last();
      await stage.waitFor('a heartbeat', async () => (await last()) > before);
      stage.stopFlushing('a', count);
      await stage.transaction('b', ['INCR', count], ['RPUSH', list, 'x']);
      await stage.captured('b');
      const entry = await last();
      await stage.waitFor('it is there', async () => (await stage.do('a', 'GET', count)) === '2');
      await stage.do('a', 'SET', own, 'v');
      // Longer than logs are kept without a reason.
      await stage.pause(40_000);
      if ((await acknowledged()) >= entry) throw new Error('what is not flushed was acknowledged');
      if ((await stage.read('b', own)).content !== undefined) throw new Error('what is not flushed was shipped');
      await stage.kill('a');
      await stage.pause(40_000);
      await stage.restart('a');
      await stage.holds(count, { string: '2' });
      await stage.holds(list, { list: ['x'] });
      await stage.holds(own, { string: 'v' });
      if ((await acknowledged()) < entry) throw new Error('what is flushed was not acknowledged');
    },
  },
];
