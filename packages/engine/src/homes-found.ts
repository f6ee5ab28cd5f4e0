/** What is to be read of the keys whose home this site is, page by page, for a site that has flushed them. */
import { type Ask, homeKeysOf, type ReplyValue, type SiteRules, toByteString } from '@entwine/core';
import { textOf } from './key-content.ts';

type Homes = Extract<Ask, { type: 'homes' }>;

/**
 * The asks that follow: of the keys of a page, of the next page, and in the end of the name by which it was asked; that is never a
 * key, and that nothing is there tells who has asked that this was all.
 */
export function homesFound(ask: Homes, reply: ReplyValue, rules: SiteRules | undefined): readonly Ask[] {
  const { db, key, patterns } = ask;
  const end: Ask = { type: 'state', db, key, overwrites: true };
  if (rules === undefined) return [end];
  if (patterns === null) return [...databasesOf(reply).map((one) => homesOf(rules, one)), end];
  const [cursor, found] = Array.isArray(reply) ? (reply as readonly ReplyValue[]) : [];
  const keys = Array.isArray(found) ? (found as readonly ReplyValue[]) : [];
  const asks = keys
    .filter((one) => one instanceof Uint8Array)
    .map((one) => toByteString(one))
    .filter((one) => rules.isHome(db, one))
    .map((one): Ask => ({ type: 'state', db, key: one, overwrites: true }));
  const next = cursor === undefined ? '0' : textOf(cursor ?? null);
  const left = next === '0' ? patterns.slice(1) : patterns;
  if (left.length === 0) return [...asks, end];
  return [...asks, { ...ask, patterns: left, cursor: next }];
}

function homesOf(rules: SiteRules, db: number): Ask {
  return { type: 'homes', db, key: homeKeysOf(rules.site, false), patterns: rules.homePatterns(db), cursor: '0' };
}

/** The databases that hold anything, as INFO tells them. */
function databasesOf(reply: ReplyValue): readonly number[] {
  const text = reply instanceof Uint8Array || typeof reply === 'string' ? textOf(reply) : '';
  return [...text.matchAll(/^db(\d+):/gm)].map(([, db]) => Number(db));
}
