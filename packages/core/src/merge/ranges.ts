/**
 * Range removals: ZREMRANGEBYSCORE and ZREMRANGEBYLEX remove whatever lies in the range with a smaller version.
 *
 * Limits stay as the command wrote them: `-inf`, `+inf`, `1.5`, `(1.5` for scores; `-`, `+`, `[a`, `(a` for members.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { isNewer, type Version } from '../version/version.ts';
import type { RangeRemoval } from './key-state.ts';

/** Of scores or of members, without the version that it was removed with. */
export type Range = Pick<RangeRemoval, 'by' | 'min' | 'max'>;

/** Whether a member with this score was removed by a range newer than it. */
export function isRemoved(
  ranges: readonly RangeRemoval[],
  version: Version,
  member: ByteString,
  score: number,
): boolean {
  for (const range of ranges) if (isNewer(range.version, version) && contains(range, member, score)) return true;
  return false;
}

/** Whether a range contains a member with a score. */
export function contains(range: Range, member: ByteString, score: number): boolean {
  if (range.by === 'lex') return isAboveLex(member, range.min) && isBelowLex(member, range.max);
  const [min, max] = [scoreLimit(range.min), scoreLimit(range.max)];
  return (min.open ? score > min.at : score >= min.at) && (max.open ? score < max.at : score <= max.at);
}

function scoreLimit(text: ByteString): { readonly at: number; readonly open: boolean } {
  const open = text.startsWith('(');
  const number = open ? text.slice(1) : text;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(number);
  if (infinite === null) return { at: Number(number), open };
  return { at: infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY, open };
}

function isAboveLex(member: ByteString, limit: ByteString): boolean {
  if (limit === '-') return true;
  if (limit === '+') return false;
  return limit[0] === '(' ? member > limit.slice(1) : member >= limit.slice(1);
}

function isBelowLex(member: ByteString, limit: ByteString): boolean {
  if (limit === '+') return true;
  if (limit === '-') return false;
  return limit[0] === '(' ? member < limit.slice(1) : member <= limit.slice(1);
}
