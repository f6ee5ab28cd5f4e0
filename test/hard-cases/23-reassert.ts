/** Hard case 23: a local write L, an older remote R that lands behind it, L written again, and a further local L2 before that. */
import type { Case } from '../support/case.ts';
import type { Content } from '../support/read-content.ts';
import type { Stage } from '../support/stage.ts';

interface Race {
  readonly kind: string;
  readonly before: readonly string[];
  readonly remote: readonly string[];
  readonly local: readonly string[];
  readonly again: readonly string[];
  readonly outcome: Content | undefined;
}

const key = 'KEY';
/** What is in every call about the key: remote's is caught by its value, the reassert by that of L. */
const [remoteValue, localValue] = ['remote-value', 'local-value'];

const races: readonly Race[] = [
  {
    kind: 'string',
    before: ['SET', key, 'before'],
    remote: ['SET', key, remoteValue],
    local: ['SET', key, localValue],
    again: ['SET', key, 'again'],
    outcome: { string: 'again' },
  },
  {
    kind: 'hash',
    before: ['HSET', key, 'f', 'before', 'g', '1'],
    remote: ['HSET', key, 'f', remoteValue],
    local: ['HSET', key, 'f', localValue],
    again: ['HSET', key, 'f', 'again'],
    outcome: { hash: { f: 'again', g: '1' } },
  },
  {
    kind: 'hash-deleted',
    before: ['HSET', key, 'f', 'before', 'g', '1'],
    remote: ['HSET', key, 'f', remoteValue],
    local: ['HSET', key, 'f', localValue],
    again: ['HDEL', key, 'f'],
    outcome: { hash: { g: '1' } },
  },
  {
    kind: 'set',
    before: ['SADD', key, 'other', localValue],
    remote: ['SREM', key, localValue],
    local: ['SADD', key, localValue, 'further'],
    again: ['DEL', key],
    outcome: undefined,
  },
];

async function play(stage: Stage, race: Race): Promise<void> {
  const name = stage.key(race.kind);
  const named = (words: readonly string[]): string[] => words.map((word) => (word === key ? name : word));
  await stage.do('b', ...named(race.before));
  await stage.settled();
  const remoteCall = stage.trapCall('a', name);
  await stage.do('b', ...named(race.remote));
  const remote = await remoteCall.caught();
  await stage.do('a', ...named(race.local));
  await stage.captured('a');
  const again = stage.trapCall('a', name);
  remote.release();
  // What was held passes without being looked at; the next call about the key is the one that writes L again, if there is any.
  const reassert = await again.caughtUnlessSettled();
  await stage.do('a', ...named(race.again));
  reassert?.release();
  await stage.holds(name, race.outcome);
  stage.freeCalls('a');
}

export const reasserts: readonly Case[] = [
  ...races.map((race) => ({
    name: `23-reassert-${race.kind}`,
    title: `L, R, L2, reassert of L (${race.kind}): L2 stands everywhere`,
    run: (stage: Stage) => play(stage, race),
  })),
  {
    name: '23-reassert-counter',
    title: 'increments that race with a SET on its way in, and with the correction: each counts once',
    run: async (stage) => {
      const name = stage.key('count');
      await stage.do('b', 'SET', name, 10);
      await stage.settled();
      const remoteCall = stage.trapCall('a', name);
      await stage.do('b', 'SET', name, 100);
      const remote = await remoteCall.caught();
      await stage.waitFor('the SET is at c', async () => (await stage.do('c', 'GET', name)) === '100');
      await stage.do('a', 'INCR', name);
      await stage.do('c', 'INCRBY', name, 7);
      await stage.captured('a', 'c');
      const again = stage.trapCall('a', name);
      remote.release();
      const correction = await again.caughtUnlessSettled();
      await stage.do('a', 'INCRBY', name, 1000);
      correction?.release();
      // What was on its way in when they were written is their base: all of them count, once.
      await stage.holds(name, { string: '1108' });
      stage.freeCalls('a');
    },
  },
  {
    name: '23-compared-while-a-link-is-down',
    title: 'increments that have reached one site and not yet the one that tells what it holds: nothing is repaired',
    run: async (stage) => {
      const name = stage.key('count');
      await stage.do('a', 'SET', name, 10);
      await stage.settled();
      const repairsAt = (): Promise<number[]> =>
        Promise.all(stage.names.map((site) => stage.corrections(site, 'repair')));
      const before = await repairsAt();
      stage.cut('b', 'c');
      // Two sites and a change of the expiry: the key is to be compared once it is at rest.
      await stage.do('a', 'PEXPIRE', name, 3_600_000);
      await stage.do('c', 'INCRBY', name, 7);
      await stage.do('b', 'INCRBY', name, 100);
      await stage.waitFor('a has all increments', async () => (await stage.do('a', 'GET', name)) === '117');
      await stage.waitFor('c has something to compare', async () => (await stage.status('c')).pending.checks > 0);
      // Longer than a key has to be at rest.
      await stage.pause(1500);
      await stage.settled();
      await stage.holds(name, { string: '117' }, 'some');
      const after = await repairsAt();
      if (String(after) !== String(before)) throw new Error(`keys were taken over: ${before} before, ${after} after`);
    },
  },
];
