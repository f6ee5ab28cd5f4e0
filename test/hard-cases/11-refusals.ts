/** Hard case 11: what a server refuses: another type, a sum beyond 64 bits, a script that fails midway, memory at its limit. */
import type { Case } from '../support/case.ts';
import type { Content } from '../support/read-content.ts';

/** A first write of each type, and what it makes. */
const makers: Readonly<Record<string, { readonly words: readonly string[]; readonly made: Content }>> = {
  string: { words: ['SET', 'KEY', 'v'], made: { string: 'v' } },
  count: { words: ['INCRBY', 'KEY', '4'], made: { string: '4' } },
  appended: { words: ['APPEND', 'KEY', 'w'], made: { string: 'w' } },
  list: { words: ['RPUSH', 'KEY', 'x'], made: { list: ['x'] } },
  hash: { words: ['HSET', 'KEY', 'f', '1'], made: { hash: { f: '1' } } },
  set: { words: ['SADD', 'KEY', 'm'], made: { set: ['m'] } },
  zset: { words: ['ZADD', 'KEY', '1', 'm'], made: { zset: { m: '1' } } },
  stream: { words: ['XADD', 'KEY', '5-1', 'f', '1'], made: { stream: [['5-1', ['f', '1']]] } },
};

const stringTypes: readonly string[] = ['string', 'count', 'appended'];
const highest = '9223372036854775807';

export const refusals: readonly Case[] = [
  {
    name: '11-another-type',
    title: 'two sites make one key two types: the newer type is left, for every two types, whichever site wrote first',
    run: async (stage) => {
      const plays = [
        ['a', 'b'],
        ['b', 'a'],
      ].flatMap(([first = '', then = '']) =>
        Object.entries(makers).flatMap(([older, { words }]) =>
          Object.entries(makers)
            .filter(([newer]) => newer !== older && !(stringTypes.includes(older) && stringTypes.includes(newer)))
            .map(([newer, { words: over, made }]) => {
              const key = stage.key(`${first}:${older}:${newer}`);
              const named = (command: readonly string[]): string[] =>
                command.map((word) => (word === 'KEY' ? key : word));
              return { key, first, then, older: named(words), newer: named(over), made };
            }),
        ),
      );
      stage.apart();
      for (const site of ['a', 'b'])
        await stage.send(
          site,
          plays.flatMap((play) => (play.first === site ? [play.older] : [])),
        );
      await stage.captured('a', 'b');
      for (const site of ['a', 'b'])
        await stage.send(
          site,
          plays.flatMap((play) => (play.then === site ? [play.newer] : [])),
        );
      await stage.settled();
      for (const { key, made } of plays) await stage.holds(key, made);
    },
  },
  {
    name: '11-refused-at-home',
    title: 'what a site refuses by itself goes nowhere, also from within a transaction',
    run: async (stage) => {
      const [text, list, highestCount] = [stage.key('text'), stage.key('list'), stage.key('highest')];
      await stage.transaction('a', ['SET', text, 'v'], ['RPUSH', list, 'x'], ['SET', highestCount, highest]);
      await stage.settled();
      await stage.refused('a', 'RPUSH', text, 'x');
      await stage.refused('b', 'INCR', text);
      await stage.refused('a', 'HSET', list, 'f', '1');
      await stage.refused('c', 'INCR', highestCount);
      await stage.send('b', [['MULTI'], ['APPEND', text, 'w'], ['SADD', list, 'm'], ['RPUSH', list, 'y'], ['EXEC']]);
      await stage.holds(text, { string: 'vw' });
      await stage.holds(list, { list: ['x', 'y'] });
      await stage.holds(highestCount, { string: highest });
    },
  },
  {
    name: '11-beyond-64-bits',
    title: 'increments of two sites that together exceed 64 bits: the highest integer everywhere',
    run: async (stage) => {
      const [up, down, field] = [stage.key('up'), stage.key('down'), stage.key('field')];
      stage.apart();
      await stage.transaction(
        'a',
        ['INCRBY', up, highest],
        ['DECRBY', down, highest],
        ['HINCRBY', field, 'f', highest],
      );
      await stage.transaction('b', ['INCRBY', up, 9], ['DECRBY', down, 9], ['HINCRBY', field, 'f', 9]);
      await stage.holds(up, { string: highest });
      await stage.holds(down, { string: '-9223372036854775808' });
      await stage.holds(field, { hash: { f: highest } });
    },
  },
  {
    name: '11-script-fails-midway',
    onlyLive: 'scripts of users',
    title: 'a script that fails midway: what it did before is everywhere, what it did not is nowhere',
    run: async (stage) => {
      const [text, hash, after] = [stage.key('text'), stage.key('hash'), stage.key('after')];
      const script = `redis.call('SET', KEYS[1], 'v'); redis.call('HSET', KEYS[2], 'f', '1')
        redis.call('INCR', KEYS[1]); redis.call('SET', KEYS[3], 'never')`;
      await stage.refused('a', 'EVAL', script, 3, text, hash, after);
      const caught = `redis.call('HINCRBY', KEYS[2], 'n', 2); redis.pcall('INCR', KEYS[1]); redis.call('HINCRBY', KEYS[2], 'n', 3)`;
      await stage.do('a', 'EVAL', caught, 2, text, hash);
      await stage.holds(text, { string: 'v' });
      await stage.holds(hash, { hash: { f: '1', n: '5' } });
      await stage.holds(after, undefined);
    },
  },
  {
    name: '11-memory-at-its-limit',
    onlyLive: 'maxmemory',
    title: 'a site whose memory is at its limit takes deletes; what it refuses comes when there is memory again',
    own: { names: ['a', 'b'] },
    run: async (stage) => {
      const [text, hash, set, list, kept] = ['text', 'hash', 'set', 'list', 'kept'].map((name) => stage.key(name)) as [
        string,
        string,
        string,
        string,
        string,
      ];
      await stage.transaction('a', ['SET', text, 'v'], ['HSET', hash, 'f', '1', 'g', '2'], ['SADD', set, 'm', 'n']);
      await stage.transaction('a', ['RPUSH', list, 'x', 'y'], ['SET', kept, 'v']);
      await stage.settled();
      await stage.do('b', 'CONFIG', 'SET', 'maxmemory', '1');
      await stage.refused('b', 'SET', stage.key('no'), 'memory');
      await stage.do('a', 'DEL', text);
      await stage.do('a', 'UNLINK', list);
      await stage.do('a', 'HDEL', hash, 'f');
      await stage.do('a', 'SREM', set, 'm');
      await stage.gone('b', text);
      await stage.gone('b', list);
      await stage.waitFor('the field is gone', async () => (await stage.do('b', 'HEXISTS', hash, 'f')) === 0);
      await stage.waitFor('the member is gone', async () => (await stage.do('b', 'SISMEMBER', set, 'm')) === 0);
      await stage.do('a', 'SET', stage.key('later'), 'v');
      await stage.captured('a');
      await stage.received('b', 'a');
      await stage.do('b', 'CONFIG', 'SET', 'maxmemory', '0');
      await stage.holds(stage.key('later'), { string: 'v' });
      await stage.holds(hash, { hash: { g: '2' } });
      await stage.holds(set, { set: ['n'] });
      await stage.holds(kept, { string: 'v' });
    },
  },
];
