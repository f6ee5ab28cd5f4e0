/**
 * A short stream of every write command on each server that `npm run servers` has built, and on three of them mixed; a server
 * that is not there is skipped by its name. `npm run compat` runs more.
 */
import { describe, expect, test } from 'vitest';
import { testSeed } from '../support/test-seed.ts';
import { missing, mixed, subject } from './subjects.ts';
import { trySubject } from './try-subject.ts';

const servers = ['redis-7', 'redis-8.0', 'redis-8.6', 'valkey-8', 'valkey-9', mixed];
const seed = testSeed();
const narrowed = { mode: 'one', commands: '500', without: 'flush' };

describe.each(servers)('%s', (name) => {
  const absent = missing(name);
  const reason = absent.length === 0 ? '' : ` (not built: npm run servers -- ${absent.join(' ')})`;
  test.skipIf(absent.length > 0)(`holds the same at all sites${reason}`, async () => {
    const { failures, sent } = await trySubject(subject(name), { seed, runs: 1, narrowed, log: () => {} });
    const rerun = `ENTWINE_REDIS_SERVER=${name} npm run prove -- differential --runs 1 --seed ${seed} --mode one --commands 500 --without flush`;
    expect(failures, rerun).toEqual([]);
    expect(sent).toBeGreaterThan(400);
  });
});
