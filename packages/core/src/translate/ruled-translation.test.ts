import { describe, expect, it } from 'vitest';
import { commandsOf } from '../../test-support/commands.ts';
import { showOp } from '../../test-support/show-op.ts';
import { Model } from '../merge/model.ts';
import type { Filters, PolicyRule } from '../policy/rule.ts';
import { homeKeysOf, siteRules } from '../policy/site-rules.ts';
import { translateUnit } from './translate-unit.ts';
import type { Deletion, UnitContext } from './unit-translation.ts';

const origin = 'a/main/1';
const sites = { site: 'a', priority: 2, peers: [{ site: 'b', priority: 1 }] };

interface Given {
  readonly policies?: readonly PolicyRule[];
  readonly filters?: Filters;
  readonly direction?: 'send' | 'receive';
}

/** A site with rules: units go in; ops, asks and what is to be undone come out as lines. */
function site(given: Given) {
  const model = new Model(0, 2);
  const rules = siteRules({ ...sites, ...given })!;
  let time = 0;
  return {
    model,
    unit(lines: readonly string[], deletions: readonly Deletion[] = []): readonly string[] {
      const undone: string[] = [];
      const context: UnitContext = {
        rules,
        publish: true,
        undo: (db, key, home) => undone.push(`undo ${db} ${key} at ${home}`) > 0,
      };
      const commands = commandsOf(...lines.map((line) => line.split(' '))).map((command) => ({ command, db: 0 }));
      const stamp = { time: ++time, priority: 2, origin };
      const { ops, asks } = translateUnit(commands, model, stamp, undefined, () => [[1, 1]], deletions, context);
      return [...ops.map(showOp), ...asks.map(({ type, key }) => `ask ${type} ${key}`), ...undone];
    },
  };
}

describe('local keys', () => {
  const policies: readonly PolicyRule[] = [{ keys: ['l:*'], policy: 'local' }];

  it('yield nothing; the rest of the unit is told, index by index', () => {
    const { unit, model } = site({ policies });
    expect(
      unit(['SET l:a 1', 'MSET l:b 1 x 2', 'INCR l:n', 'INCR n', 'DEL l:a', 'RPUSH l:l a', 'SETBIT l:b 1 1']),
    ).toEqual(['0 assign x = 2', '2 count n string() by 1 sum 1 on stable 0 after 0']);
    expect([...model.states()].map(({ key }) => key)).toEqual(['x', 'n']);
  });

  it('do not make anybody ask', () => {
    const { unit, model } = site({ policies });
    expect(unit(['ZADD l:z NX 1 m', 'SUNIONSTORE l:s a b', 'LMOVE x l:m LEFT LEFT', 'XTRIM l:x MAXLEN = 1'])).toEqual([
      '0 guarded x list on stable 0: LPOP x',
    ]);
    expect([...model.states()].map(({ key }) => key)).toEqual(['x']);
  });

  it('RENAME tells the end that is not local', () => {
    const { unit } = site({ policies });
    expect(unit(['RENAME l:a x'])).toEqual(['ask state x']);
    expect(unit(['RENAME y l:a'])).toEqual(['0 delete y']);
  });

  it('that expire or are evicted are nobody’s business either', () => {
    const { unit, model } = site({ policies });
    expect(unit(['DEL l:a', 'DEL l:b'], ['expiry', 'none'])).toEqual([]);
    expect(model.evicted.has(0, 'l:b')).toBe(false);
  });
});

describe('keys whose home is elsewhere', () => {
  const policies: readonly PolicyRule[] = [{ keys: ['h:*'], policy: { home: 'b' } }];

  it('are asked for in the unit that wrote them', () => {
    const { unit, model } = site({ policies });
    expect(unit(['SET x 1', 'SET h:a 1'])).toEqual(['0 assign x = 1', '2 want h:a of 1.1.0', 'undo 0 h:a at 1']);
    expect(model.find(0, 'h:a')).toBeUndefined();
  });

  it('end by an expiry as at home, and that is no write', () => {
    const { unit, model } = site({ policies });
    model.merge({ type: 'expire', db: 0, index: 0, key: 'h:a', at: 9 }, { time: 1, priority: 1, origin: 'b/main/1' });
    expect(unit(['DEL h:a'], ['expiry'])).toEqual([]);
    expect(unit(['DEL h:a'], ['end'])).toEqual([]);
    expect(model.find(0, 'h:a')?.ends).toHaveLength(2);
    expect(unit(['DEL h:a'], ['root'])).toEqual(['0 want h:a of 3.1.0', 'undo 0 h:a at 1']);
  });

  it('are asked for all together when they were flushed', () => {
    const { unit } = site({ policies });
    const [one, all] = [homeKeysOf('b', false), homeKeysOf('b', true)];
    expect(unit(['FLUSHDB'])).toEqual(['0 flush ', `1 want ${one} of 1.1.0`, `undo 0 ${one} at 1`]);
    expect(unit(['FLUSHALL'])).toEqual(['0 flush *', `1 want ${all} of 2.1.0`, `undo 0 ${all} at 1`]);
  });

  it('keep what home says through a flush here', () => {
    const { unit, model } = site({ policies });
    model.flushes.spares = (db, key, priority) => siteRules({ ...sites, policies })!.spares(db, key, priority);
    model.merge({ type: 'delete', db: 0, index: 0, key: 'h:a' }, { time: 1, priority: 1, origin: 'b/main/1' });
    unit(['SET x 1', 'FLUSHDB']);
    expect(model.find(0, 'h:a')?.root).toEqual({ time: 1, priority: 1, index: 0 });
    expect(model.recall(0, 'h:b')?.root).toBeUndefined();
    expect(model.recall(0, 'x')?.root).toEqual({ time: 1, priority: 2, index: 2 });
  });
});

describe('counter: lww', () => {
  const policies: readonly PolicyRule[] = [
    { keys: ['n:sum:*'], policy: { counter: 'merge' } },
    { keys: ['n:*'], policy: { counter: 'lww' } },
  ];

  it('increments are read back; all else is told as ever', () => {
    const { unit } = site({ policies });
    expect(unit(['INCR n:a', 'HINCRBY n:h f 2', 'ZINCRBY n:z 2 m', 'INCR n:sum:a', 'SET n:b 1'])).toEqual([
      '0 count n:sum:a string() by 1 sum 1 on stable 0 after 0',
      '1 assign n:b = 1',
      'ask state n:a',
      'ask fields n:h',
      'ask scores n:z',
    ]);
  });
});

describe('filters going out', () => {
  it('by key, database and command: as though it had not been', () => {
    const out = [
      { keys: ['c:*'], action: 'deny' },
      { commands: ['EXPIRE', 'PERSIST', 'FLUSHDB', 'PUBLISH', 'FUNCTION|DELETE'], action: 'deny' },
    ] as const;
    const { unit, model } = site({ filters: { out } });
    expect(
      unit(['SET c:a 1', 'INCR c:n', 'ZADD c:z NX 1 m', 'PERSIST k', 'FLUSHDB', 'PUBLISH a b', 'FUNCTION DELETE f']),
    ).toEqual([]);
    expect([...model.states()]).toEqual([]);
    expect(unit(['SET k 1', 'FLUSHALL', 'FUNCTION FLUSH'])).toEqual([
      '0 assign k = 1',
      '2 flush *',
      '3 library * gone',
    ]);
  });

  it('what a denied key loses by itself is known here, and not told', () => {
    const { unit, model } = site({ filters: { out: [{ keys: ['c:*'], action: 'deny' }] } });
    expect(unit(['DEL c:a', 'DEL c:b'], ['expiry', 'none'])).toEqual([]);
    expect(model.find(0, 'c:a')?.ends).toHaveLength(1);
    expect(model.evicted.has(0, 'c:b')).toBe(true);
  });
});

it('a site that receives tells nothing of its own', () => {
  const { unit } = site({ direction: 'receive' });
  expect(
    unit(['SET k 1', 'RPUSH l a', 'FLUSHALL', 'FUNCTION DELETE f', 'PUBLISH a b', 'ZADD z NX 1 m', 'SWAPDB 0 1']),
  ).toEqual([]);
});
