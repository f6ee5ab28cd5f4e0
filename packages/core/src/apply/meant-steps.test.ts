import { describe, expect, it } from 'vitest';
import { commandsOf } from '../../test-support/commands.ts';
import { kinds } from '../merge/cell-value.ts';
import { cellId, Shadow } from '../merge/shadow.ts';
import { meantSteps } from './meant-steps.ts';

const counted = (_kind: number, _field: string, added: bigint): bigint => added;

/** What a shadow holds of a key after a call with these operations was seen as these commands. */
function shadowAfter(operations: readonly string[], ...commands: readonly (readonly string[])[]): Shadow {
  const shadow = new Shadow();
  shadow.echo(commandsOf(...commands), counted, meantSteps(operations, 0, 'k'));
  return shadow;
}

/** Whether the set's member `m` is there; undefined when nobody knows. */
function member(operations: readonly string[], ...commands: readonly (readonly string[])[]): boolean | undefined {
  const shadow = shadowAfter(operations, ...commands);
  const cell = shadow.cells.get(cellId(kinds.set, 'm'));
  const known = cell === undefined ? (shadow.wiped ? null : undefined) : cell.known;
  return known === undefined ? undefined : known !== null;
}

describe('a call as it was meant', () => {
  it('names the steps on one key in one database, conditional ones left out', () => {
    const args = ['A', 'k', 'm', 'D', '3', 'h', 'k', 'f', 'Q', 'm', 'k', 'm', '', '3', 'a', 'k', 'm', 'z', 'k', 'n'];
    expect(meantSteps([...args, 'A', 'l', 'm'], 3, 'k')).toMatchObject([
      { kind: kinds.hash, field: 'f' },
      { kind: kinds.zset, field: 'n' },
    ]);
    expect(meantSteps(args, 0, 'k')).toMatchObject([{ kind: kinds.set, field: 'm', value: true }]);
  });

  it('tells what a write that changed nothing left there', () => {
    expect(member(['A', 'k', 'm'])).toBe(true);
    expect(member(['a', 'k', 'm'])).toBe(false);
    expect(member(['A', 'k', 'n'], ['SADD', 'k', 'n'])).toBeUndefined();
  });

  it('is in step with the deletions among its commands', () => {
    expect(member(['A', 'k', 'm', 'X', 'k'], ['UNLINK', 'k', 'k'])).toBe(false);
    expect(member(['X', 'k', 'A', 'k', 'm'], ['UNLINK', 'k', 'k'], ['SADD', 'k', 'm'])).toBe(true);
    expect(member(['A', 'k', 'm', 'X', 'k', 'A', 'k', 'n'], ['UNLINK', 'k', 'k'], ['SADD', 'k', 'n'])).toBe(false);
    expect(member(['A', 'k', 'm', 'S', 'k', 'v'], ['SET', 'k', 'v'])).toBe(false);
  });

  // Fails: such a deletion matches no step, so that the steps meant before it are taken to have come after it.
  it('and with those that make room for another type', () => {
    expect(member(['A', 'k', 'm', 'H', 'k', 'f', 'v'], ['UNLINK', 'k', 'k'], ['HSET', 'k', 'f', 'v'])).toBe(false);
    expect(member(['A', 'k', 'm', 'C', 'k', 'hash'], ['UNLINK', 'k', 'k'])).toBe(false);
  });

  it('says what came before a command that is run as it is', () => {
    const [deletion, push] = [
      ['X', 'k'],
      ['G', '3', 'rpush', 'k', 'a'],
    ] as const;
    const made = shadowAfter([...deletion, ...push], ['RPUSH', 'k', 'a']);
    expect([made.wiped, made.other]).toEqual([true, true]);
    expect(shadowAfter([...push, ...deletion], ['RPUSH', 'k', 'a'], ['UNLINK', 'k', 'k']).isGone).toBe(true);
    expect(shadowAfter([...push, ...deletion]).isGone).toBe(true);
  });

  it('follows the removal of a range', () => {
    const range = ['r', 'k', 'lex', '[m', '[o'];
    const removal = ['ZREMRANGEBYLEX', 'k', '[m', '[o'];
    const score = (operations: readonly string[], ...commands: readonly (readonly string[])[]) =>
      shadowAfter(operations, ...commands).cells.get(cellId(kinds.zset, 'n'))?.known;
    const add = ['Z', 'k', '1', 'n'];
    expect(score([...add, ...range], ['ZADD', 'k', '1', 'n'], removal)).toBeNull();
    expect(score([...range, ...add], removal, ['ZADD', 'k', '1', 'n'])).toBe(1);
    // Added without a trace, as it was there; then removed.
    expect(score([...add, ...range], removal)).toBeNull();
    const byScore = ['r', 'k', 'score', '(1', '2'];
    expect(score([...add, ...byScore], ['ZADD', 'k', '1', 'n'], ['ZREMRANGEBYSCORE', 'k', '(1', '2'])).toBe(1);
  });

  it('does not know whether a member with an unknown score was in a range of scores', () => {
    const shadow = shadowAfter(['Y', 'k', '2', 'n'], ['ZINCRBY', 'k', '2', 'n']);
    shadow.local({ type: 'range', db: 0, index: 0, key: 'k', by: 'score', min: '1', max: '9' });
    expect(shadow.cells.get(cellId(kinds.zset, 'n'))).toMatchObject({ known: undefined, doubtful: true });
  });

  // Fails: a step that met nothing is taken for one that was needless.
  it('an expiry that met no key is none', () => {
    const { expiry } = shadowAfter(['X', 'k', 'E', 'k', '4000000000000'], ['UNLINK', 'k', 'k']);
    expect(expiry).toBe(-1);
  });
});
