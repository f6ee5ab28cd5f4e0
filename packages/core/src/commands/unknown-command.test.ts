import { describe, expect, it } from 'vitest';
import { commandsOf } from '../../test-support/commands.ts';
import { recordLine } from '../../test-support/recorded-unit.ts';
import { Model } from '../merge/model.ts';
import { translateUnit } from '../translate/translate-unit.ts';
import { type BeginSearch, type FindKeys, type KeySpec, keysOf } from './key-spec.ts';
import { unknownCommand } from './unknown-command.ts';

const index = (at: number): BeginSearch => ({ type: 'index', at });
const keyword = (word: string, from: number): BeginSearch => ({ type: 'keyword', word, from });
const range = (last: number, step = 1, limit = 0): FindKeys => ({ type: 'range', last, step, limit });
const count = (at: number, first: number, step = 1): FindKeys => ({ type: 'count', at, first, step });

describe('key specs find', () => {
  /** As servers describe commands of their own. */
  it.each<[string, BeginSearch | null, FindKeys | null, string[]]>([
    ['GET a', index(1), range(0), ['a']],
    ['MGET a b c', index(1), range(-1), ['a', 'b', 'c']],
    ['MSET a 1 b 2', index(1), range(-1, 2), ['a', 'b']],
    ['RENAME a b', index(1), range(1), ['a', 'b']],
    ['BLPOP a b 0', index(1), range(-2), ['a', 'b']],
    ['ZUNION 2 a b WEIGHTS 1 2', index(1), count(0, 1), ['a', 'b']],
    ['ZUNIONSTORE d 2 a b', index(2), count(0, 1), ['a', 'b']],
    ['EVAL code 1 a 7', index(2), count(0, 1), ['a']],
    ['XREAD COUNT 1 STREAMS a b 0 0', keyword('streams', 1), range(-1, 1, 2), ['a', 'b']],
    ['MIGRATE h 1 k 0 9 KEYS a b', keyword('KEYS', -2), range(-1), ['a', 'b']],
    ['LONE', index(1), range(0), []],
    ['MGET', index(1), range(-1), []],
    ['BLPOP 0', index(1), range(-2), []],
    ['ZUNION 3 a b', index(1), count(0, 1), []],
    ['ZUNION 0 a b', index(1), count(0, 1), []],
    ['ZUNION -1 a b', index(1), count(0, 1), []],
    ['ZUNION many a b', index(1), count(0, 1), []],
    ['ZUNION', index(1), count(0, 1), []],
    ['SORT a', keyword('STORE', 2), range(0), []],
    ['SORT a STORE', keyword('STORE', 2), range(0), []],
    ['XREAD a', keyword('STREAMS', -9), range(0), []],
    ['ODD a b', index(1), range(-1, 0), []],
    ['ODD a b', index(0), range(-1), []],
    ['ODD a b', index(-3), range(0), []],
    ['ODD a b', index(1), count(-9, 1), []],
    ['UNKNOWN a', null, range(0), []],
    ['UNKNOWN a', index(1), null, []],
  ])('%s by %o %o', (line, begin, find, keys) => {
    expect(keysOf(commandsOf(line.split(' '))[0]!, [{ begin, find }])).toEqual(keys);
  });
});

describe('a command that nobody knows', () => {
  const row = (...specs: KeySpec[]) => unknownCommand(specs);
  const first: KeySpec = { begin: index(1), find: range(0) };
  const second: KeySpec = { begin: index(2), find: range(0) };

  it('has its keys read back, each once', () => {
    expect(recordLine('NEW a b', () => row(first, second))).toEqual(['state a', 'state b']);
    expect(recordLine('NEW a a', () => row(first, second))).toEqual(['state a']);
  });

  it('but not those that it only reads', () => {
    expect(recordLine('NEW a b', () => row(first, { ...second, readOnly: true }))).toEqual(['state a']);
  });

  it('is reported when no key is found', () => {
    expect(recordLine('NEW', () => row(first))).toEqual(['?NEW']);
    expect(recordLine('NEW a', () => row())).toEqual(['?NEW']);
    expect(recordLine('NEW a', () => row({ ...first, readOnly: true }))).toEqual(['?NEW']);
  });

  it('is reported, and what is found read back, when specs are incomplete', () => {
    expect(recordLine('NEW a b', () => row({ ...first, incomplete: true }))).toEqual(['state a', '?NEW']);
    expect(recordLine('NEW a', () => row(first, { begin: null, find: null }))).toEqual(['state a', '?NEW']);
  });

  it('is looked up only when the table has no row', () => {
    const asked: string[] = [];
    const commands = commandsOf(['SET', 'k', 'v'], ['NEW', 'a'], ['OTHER', 'a']).map((command) => ({ command, db: 0 }));
    const { asks, untranslated } = translateUnit(
      commands,
      new Model(),
      { time: 9, priority: 2, origin: 'a/main/1' },
      ({ name }) => {
        asked.push(name);
        return name === 'NEW' ? row(first) : undefined;
      },
    );
    expect(asked).toEqual(['NEW', 'OTHER']);
    expect(asks).toEqual([{ type: 'state', db: 0, key: 'a', overwrites: false }]);
    expect(untranslated).toEqual(['OTHER']);
  });
});
