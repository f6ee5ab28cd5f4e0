/**
 * Rules about keys at three sites: what is local stays, what has a home is put right, results win, filters hold back, and
 * one-way sites go one way; also through flushes, a partition, and restarts of replicators amid random writes.
 */
import type { Scenario } from '../support/scenario.ts';
import { atRandom } from './policies/at-random.ts';
import { flushesAtHome, homes, homesApart } from './policies/homes.ts';
import { localKeys } from './policies/local-keys.ts';
import { oneWay } from './policies/one-way.ts';
import { filters, mixedTransaction, results } from './policies/results-and-filters.ts';

const rules: Readonly<Record<string, unknown>> = {
  policies: [
    { keys: 'local:*', policy: 'local' },
    { keys: 'home-a:*', policy: { home: 'a' } },
    { keys: 'home-b:*', policy: { home: 'b' } },
    { keys: 'result:sum:*', policy: { counter: 'merge' } },
    { keys: ['result:*'], policy: { counter: 'lww' } },
  ],
};

const filtersOf: Readonly<Record<string, unknown>> = {
  a: {
    out: [
      { keys: 'kept:*', commands: ['DEL', 'UNLINK'], action: 'deny' },
      { databases: 3, action: 'deny' },
    ],
  },
  b: {
    out: [
      { keys: 'private:shared:*', action: 'allow' },
      { keys: 'private:*', action: 'deny' },
    ],
    in: [
      { keys: 'not-at-b:*', action: 'deny' },
      { databases: 4, action: 'deny' },
    ],
  },
};

export const policies: Scenario = {
  name: 'policies',
  title: 'policies, filters, one-way sites: local keys stay, home is right, results win, and sites are equal otherwise',
  ciRuns: 1,
  fullRuns: 10,
  run: async (context) => {
    const mesh = await context.start({
      names: ['a', 'b', 'c'],
      adjust: (options) => {
        const own = filtersOf[options.site];
        return { ...options, rules: { ...rules, ...(own === undefined ? {} : { filters: own }) } };
      },
    });
    await localKeys(mesh);
    context.log('local keys stay where they are');
    await homes(mesh);
    await homesApart(mesh);
    await flushesAtHome(mesh);
    context.log('home is put right, also after a partition, a restart and flushes');
    await results(mesh);
    await filters(mesh);
    await mixedTransaction(mesh);
    context.log('results, filters, transactions');
    const figures = await atRandom(mesh, context);
    await oneWay(context);
    return figures;
  },
};
