import { type Ask, fromByteString, homeKeysOf, siteRules } from '@entwine/core';
import { expect, it } from 'vitest';
import { homesFound } from './homes-found.ts';

const rules = siteRules({
  site: 'a',
  priority: 1,
  peers: [{ site: 'b', priority: 2 }],
  policies: [
    { keys: ['h:local:*'], policy: 'local' },
    { keys: ['h:*', 'g:*'], policy: { home: 'a' } },
  ],
})!;
const [key, all] = [homeKeysOf('a', false), homeKeysOf('a', true)];
const homes = (patterns: readonly string[] | null, cursor = '0') =>
  ({ type: 'homes', db: 2, key, patterns, cursor }) as const;
const whole = (one: string, db = 2): Ask => ({ type: 'state', db, key: one, overwrites: true });
const page = (cursor: string, ...keys: readonly string[]) =>
  [fromByteString(cursor), keys.map(fromByteString)] as const;

it('a page: the keys whose home is here, then the next page', () => {
  expect(homesFound(homes(['h:*', 'g:*']), page('17', 'h:1', 'h:local:1'), rules)).toEqual([
    whole('h:1'),
    homes(['h:*', 'g:*'], '17'),
  ]);
});

it('the last page: then the next glob, and in the end the name that was asked under', () => {
  expect(homesFound(homes(['h:*', 'g:*'], '17'), page('0'), rules)).toEqual([homes(['g:*'])]);
  expect(homesFound(homes(['g:*'], '9'), page('0', 'g:1'), rules)).toEqual([whole('g:1'), whole(key)]);
});

it('all databases: each of them, as INFO names them', () => {
  const reply = fromByteString('# Keyspace\r\ndb0:keys=1,expires=0\r\ndb11:keys=2,expires=0\r\n');
  expect(homesFound({ ...homes(null), db: 0, key: all }, reply, rules)).toEqual([
    { ...homes(['h:*', 'g:*']), db: 0 },
    { ...homes(['h:*', 'g:*']), db: 11 },
    whole(all, 0),
  ]);
});

it('what cannot be read ends it', () => {
  expect(homesFound(homes(['g:*']), null, rules)).toEqual([whole(key)]);
  expect(homesFound(homes([]), null, rules)).toEqual([whole(key)]);
});
