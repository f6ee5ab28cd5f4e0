import { describe, expect, it } from 'vitest';
import type { Op } from '../entry/entry.ts';
import type { Filters, PolicyRule } from './rule.ts';
import { homeKeysOf, type SiteRules, siteRules } from './site-rules.ts';

const [a, b, c] = [1, 2, 3];
const sites = {
  site: 'a',
  priority: a,
  peers: [
    { site: 'b', priority: b },
    { site: 'c', priority: c },
  ],
};

function rules(
  policies: readonly PolicyRule[],
  filters: Filters = {},
  direction: 'both' | 'send' | 'receive' = 'both',
): SiteRules {
  return siteRules({ ...sites, policies, filters, direction })!;
}

const op = (key: string, db = 0): Op => ({ type: 'delete', db, index: 0, key });
const flush = (key: '' | '*', db = 0): Op => ({ type: 'flush', db, index: 0, key });
const want = (key: string): Op => ({ type: 'want', db: 0, index: 0, key, version: { time: 1, priority: a, index: 0 } });

const policies: readonly PolicyRule[] = [
  { keys: ['l:kept:*'], policy: 'lww' },
  { keys: ['l:*', 'other'], policy: 'local' },
  { keys: ['h:*'], databases: [0, 2], policy: { home: 'b' } },
  { keys: ['mine:*'], policy: { home: 'a' } },
  { keys: ['n:sum:*'], policy: { counter: 'merge' } },
  { keys: ['n:*'], policy: { counter: 'lww' } },
];

describe('a site without rules', () => {
  it('has none at all', () => {
    expect(siteRules(sites)).toBeUndefined();
    expect(siteRules({ ...sites, policies: [], filters: { in: [], out: [] }, direction: 'both' })).toBeUndefined();
    expect(siteRules({ ...sites, direction: 'send' })).toBeDefined();
  });
});

it('a home that is no site is refused', () => {
  expect(() => rules([{ keys: ['*'], policy: { home: 'd' } }])).toThrow(
    'no site is called d, which a policy names as home',
  );
});

describe('of policies the first that matches counts', () => {
  it.each([
    [0, 'l:1', 'local'],
    [0, 'other', 'local'],
    [0, 'l:kept:1', 'told'],
    [0, 'h:1', 'undone'],
    [1, 'h:1', 'told'],
    [2, 'h:1', 'undone'],
    [0, 'mine:1', 'told'],
    [0, 'n:1', 'result'],
    [0, 'n:sum:1', 'told'],
    [0, 'x', 'told'],
  ] as const)('db %i key %s: %s', (db, key, fate) => {
    expect(rules(policies).fateOf(db, key)).toBe(fate);
  });
});

describe('what comes from other sites', () => {
  const site = rules(policies);

  it('is dropped for keys that are local, and where their home is another site', () => {
    expect(site.drops(op('l:1'), b)).toBe(true);
    expect(site.drops(op('l:kept:1'), b)).toBe(false);
    expect(site.drops(op('h:1'), b)).toBe(false);
    expect(site.drops(op('h:1'), c)).toBe(true);
    expect(site.drops(op('h:1'), a)).toBe(true);
    expect(site.drops(op('mine:1'), b)).toBe(true);
    expect(site.drops(op('mine:1'), a)).toBe(false);
    expect(site.drops(op('n:1'), c)).toBe(false);
  });

  it('questions and flushes are taken', () => {
    expect(site.drops(want('l:1'), b)).toBe(false);
    expect(site.drops(flush('*'), b)).toBe(false);
    expect(site.drops({ ...op(homeKeysOf('b', false)) }, b)).toBe(false);
  });

  it('a flush spares what the flusher has no say in', () => {
    expect(site.sparedBy(b)).toEqual([
      { list: 1, pattern: 'l:kept:*', databases: undefined, spares: false },
      { list: 1, pattern: 'l:*', databases: undefined, spares: true },
      { list: 1, pattern: 'other', databases: undefined, spares: true },
      { list: 1, pattern: 'h:*', databases: [0, 2], spares: false },
      { list: 1, pattern: 'mine:*', databases: undefined, spares: true },
      { list: 1, pattern: 'n:sum:*', databases: undefined, spares: false },
      { list: 1, pattern: 'n:*', databases: undefined, spares: false },
    ]);
    expect(rules(policies.slice(4)).sparedBy(b)).toBeUndefined();
  });

  it('questions go to the homes that a flush has met', () => {
    expect(site.homesElsewhere(0)).toEqual([{ site: 'b', priority: b }]);
    expect(site.homesElsewhere(1)).toEqual([]);
    expect(site.homesElsewhere(undefined)).toEqual([{ site: 'b', priority: b }]);
    expect(site.homePatterns(0)).toEqual(['mine:*']);
  });
});

describe('filters', () => {
  const site = rules([], {
    out: [
      { keys: ['c:open:*'], action: 'allow' },
      { keys: ['c:*'], action: 'deny' },
      { databases: [3], action: 'deny' },
      { commands: ['DEL', 'FUNCTION'], action: 'deny' },
      { keys: ['x:*'], commands: ['SET'], action: 'deny' },
    ],
    in: [
      { keys: ['i:*'], action: 'deny' },
      { databases: [4], action: 'deny' },
    ],
  });

  it.each([
    [0, 'c:open:1', 'SET', 'told'],
    [0, 'c:1', 'SET', 'withheld'],
    [3, 'k', 'SET', 'withheld'],
    [0, 'k', 'DEL', 'withheld'],
    [0, 'k', 'SET', 'told'],
    [0, 'x:1', 'SET', 'withheld'],
    [0, 'x:1', 'APPEND', 'told'],
    [0, 'i:1', 'SET', 'told'],
  ])('going out, db %i %s by %s: %s', (db, key, name, fate) => {
    expect(site.fateOf(db, key, [name])).toBe(fate);
  });

  it('a rule about commands does not match what no command did', () => {
    expect(site.fateOf(0, 'k')).toBe('told');
    expect(site.fateOf(0, 'c:1')).toBe('withheld');
  });

  it('what is about no key goes by the rules that name none', () => {
    expect(site.goesOut(3, ['FLUSHDB'])).toBe(false);
    expect(site.goesOut(0, ['FLUSHDB'])).toBe(true);
    expect(site.goesOut(undefined, ['FLUSHALL'])).toBe(true);
    expect(site.goesOut(undefined, ['FUNCTION', 'FUNCTION|LOAD'])).toBe(false);
  });

  it('coming in', () => {
    expect(site.drops(op('i:1'), b)).toBe(true);
    expect(site.drops(op('i:1'), a)).toBe(false);
    expect(site.drops(op('k', 4), b)).toBe(true);
    expect(site.drops(flush('', 4), b)).toBe(true);
    expect(site.drops(flush('*'), b)).toBe(false);
    expect(site.spares(0, 'i:1', b)).toBe(true);
    expect(site.spares(0, 'i:1', a)).toBe(false);
    expect(site.takes(0, 'i:1')).toBe(false);
    expect(site.takes(0, 'k')).toBe(true);
  });

  it('what is denied is not told on demand either', () => {
    expect(site.tells(0, 'c:1')).toBe(false);
    expect(site.tells(0, 'k')).toBe(true);
  });
});

describe('one-way sites', () => {
  it('one that sends takes questions and nothing else', () => {
    const site = rules(policies, {}, 'send');
    expect(site.drops(op('x'), b)).toBe(true);
    expect(site.drops(flush('*'), b)).toBe(true);
    expect(site.drops(want('x'), b)).toBe(false);
    expect(site.fateOf(0, 'x')).toBe('told');
    expect(site.takes(0, 'x')).toBe(false);
    // It could not be put right.
    expect(site.fateOf(0, 'h:1')).toBe('withheld');
    expect(site.homesElsewhere(0)).toEqual([]);
  });

  it('one that receives tells nothing', () => {
    const site = rules(policies, {}, 'receive');
    expect(site.drops(op('x'), b)).toBe(false);
    expect(site.fateOf(0, 'x')).toBe('withheld');
    expect(site.fateOf(0, 'h:1')).toBe('undone');
    expect(site.goesOut(undefined, ['FLUSHALL'])).toBe(false);
    expect(site.tells(0, 'x')).toBe(false);
  });
});
