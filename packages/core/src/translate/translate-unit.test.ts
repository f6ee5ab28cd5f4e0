import { describe, expect, it } from 'vitest';
import { commandsOf } from '../../test-support/commands.ts';
import { showOp } from '../../test-support/show-op.ts';
import { fromByteString } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import { kinds } from '../merge/cell-value.ts';
import { Model } from '../merge/model.ts';
import { contentOf } from '../merge/read-key.ts';
import { translateUnit } from './translate-unit.ts';
import type { UnitContext } from './unit-translation.ts';

const origin = 'a/main/1';
const [time1, time2, time3] = [10, 20, 30];

/** A site: units go in, ops come out as lines. */
function site(cut = 0) {
  const model = new Model(cut);
  const unit = (time: number, ...lines: readonly string[]): string[] => {
    const commands = commandsOf(...lines.map((line) => line.split(' '))).map((command) => ({ command, db: 0 }));
    return translateUnit(commands, model, { time, priority: 2, origin }).ops.map(showOp);
  };
  const remote = (time: number, op: Op): void => {
    model.merge(op, { time, priority: 1, origin: 'b/main/1' });
  };
  return { model, unit, remote };
}

describe('G4 exact effects: an increment names what it stands on', () => {
  it('a write of the same unit, by its own version', () => {
    expect(site().unit(time1, 'SET k 5', 'INCR k', 'INCRBY k 4')).toEqual([
      '0 assign k = 5',
      '2 count k string() by 1 sum 1 on 10.2.1 after 0',
      '3 count k string() by 4 sum 5 on 10.2.1 after 10',
    ]);
  });

  it('a deletion of the same unit, by the root', () => {
    expect(site().unit(time1, 'DEL k', 'INCR k')).toEqual([
      '0 delete k',
      '1 count k string() by 1 sum 1 on 10.2.0 after 0',
    ]);
  });

  it('the flush, not an expiry elsewhere that it has nothing of: a renewal behind the increment may make that void', () => {
    const { unit, remote, model } = site();
    unit(time1, 'SET k 9', 'FLUSHALL');
    remote(time2, { type: 'end', db: 0, index: 0, key: 'k', covers: [[2, time1 - 1]], expires: true });
    model.hold(0, 'k');
    expect(unit(time3, 'INCR k', 'PEXPIREAT k 5000')).toEqual([
      '0 count k string() by 1 sum 1 on 10.2.2 after 0',
      '1 expire k at 5000',
    ]);
    expect(contentOf(model.obtain(0, 'k'), kinds.string, '', 0)).toEqual({ type: 'value', value: fromByteString('1') });
  });

  it('a flush, by its root, also on a key that nobody remembers', () => {
    const { model, unit } = site();
    unit(time1, 'FLUSHALL');
    expect(unit(time2, 'INCR k', 'HINCRBY h f 2', 'APPEND s x')).toEqual([
      '0 count k string() by 1 sum 1 on 10.2.0 after 0',
      '1 count h hash(f) by 2 sum 2 on 10.2.0 after 0',
      '2 guarded s string on 10.2.0 adds: APPEND s x',
    ]);
    model.forget(time2);
    expect(unit(time3, 'INCR new')).toEqual(['0 count new string() by 1 sum 1 on stable 20 after 0']);
  });

  it('nothing, while the database is yet to be read: a command that runs upon that is only noted', () => {
    const { model, unit } = site();
    expect(unit(time1, 'SWAPDB 0 1', 'LTRIM l 0 1', 'RPUSH m x')).toEqual([
      '0 flush ',
      'db 1: 1 flush ',
      '2 guarded m list on nothing adds: RPUSH m x',
    ]);
    expect([model.find(0, 'l')?.asked, model.find(0, 'm')?.asked]).toEqual([1, 1]);
    model.databases.answered(0);
    expect(unit(time2, 'LTRIM n 0 1')).toEqual(['0 guarded n list on 10.2.0: LTRIM n 0 1']);
  });

  it('what everybody held at the cut, when nothing newer is remembered', () => {
    expect(site(7).unit(time1, 'INCR k', 'ZINCRBY z 2 m')).toEqual([
      '0 count k string() by 1 sum 1 on stable 7 after 0',
      '1 count z zset(m) by 2 sum 2 on stable 7 after 0',
    ]);
  });

  it('a field, by its register; another field by nothing', () => {
    const { unit } = site();
    unit(time1, 'HSET h f 5');
    expect(unit(time2, 'HINCRBY h f 1', 'HINCRBY h g 1')).toEqual([
      '0 count h hash(f) by 1 sum 1 on 10.2.0 after 0',
      '1 count h hash(g) by 1 sum 1 on stable 0 after 0',
    ]);
  });

  it('a removal: the field begins anew', () => {
    const { unit } = site();
    unit(time1, 'HINCRBY h f 5', 'HDEL h f');
    expect(unit(time2, 'HINCRBY h f 1')).toEqual(['0 count h hash(f) by 1 sum 1 on 10.2.1 after 0']);
  });

  it("another site's write", () => {
    const { unit, remote } = site();
    unit(time1, 'INCR k');
    remote(time2, { type: 'assign', db: 0, index: 4, key: 'k', value: Uint8Array.of(0x37), expiry: null });
    expect(unit(time3, 'INCR k')).toEqual(['0 count k string() by 1 sum 1 on 20.1.5 after 0']);
  });
});

describe('G4 exact effects: sums run', () => {
  it('over units, and name the one before', () => {
    const { unit } = site();
    unit(time1, 'INCRBY k 5');
    expect(unit(time2, 'DECRBY k 7')).toEqual(['0 count k string() by -7 sum -2 on stable 0 after 10']);
    expect(unit(time3, 'INCR k')).toEqual(['0 count k string() by 1 sum -1 on stable 0 after 20']);
  });

  it("apart from other origins' sums on the same base", () => {
    const { unit, remote } = site();
    unit(time1, 'INCRBY k 5');
    const theirs = { type: 'count', db: 0, index: 0, key: 'k', cell: 'string', field: '' } as const;
    remote(time2, { ...theirs, base: { stable: 0 }, sum: 100n, by: 100n, previous: 0 });
    expect(unit(time3, 'INCR k')).toEqual(['0 count k string() by 1 sum 6 on stable 0 after 10']);
  });

  it('anew once the last of them is at or below the cut', () => {
    const { model, unit } = site();
    unit(time1, 'SET k 5', 'INCR k');
    unit(time2, 'INCR k');
    model.forget(time1);
    expect(unit(time3, 'INCR k')).toEqual(['0 count k string() by 1 sum 3 on 10.2.1 after 20']);
    model.forget(time3);
    expect(unit(time3 + 1, 'INCR k')).toEqual(['0 count k string() by 1 sum 1 on stable 30 after 0']);
  });
});

it('databases of one unit are told apart', () => {
  const model = new Model();
  const [set, incr] = commandsOf(['SET', 'k', '5'], ['INCR', 'k']);
  const unit = [
    { command: set!, db: 0 },
    { command: incr!, db: 1 },
    { command: incr!, db: 0 },
  ];
  expect(translateUnit(unit, model, { time: time1, priority: 2, origin }).ops.map(showOp)).toEqual([
    '0 assign k = 5',
    'db 1: 2 count k string() by 1 sum 1 on stable 0 after 0',
    '3 count k string() by 1 sum 1 on 10.2.1 after 0',
  ]);
});

it('an expiry set on what was added on a condition, and is yet to be read, stays', () => {
  const { unit } = site();
  unit(time1, 'ZADD k 1 m');
  unit(time2, 'DEL k', 'ZADD k NX 2 m', 'PEXPIREAT k 9000000000000 LT');
  expect(unit(time3, 'ZADD k 3 n')).toEqual(['0 score k n = 3']);
});

describe('a sketch in which PFCOUNT has left its estimate', () => {
  const after = (count: string, edit: string): readonly string[] => {
    const lines = ['SET k sketch', count, edit];
    const commands = commandsOf(...lines.map((line) => line.split(' '))).map((command) => ({ command, db: 0 }));
    const { asks } = translateUnit(commands, new Model(), { time: time1, priority: 2, origin });
    return asks.map(({ type, key }) => `${type} ${key}`);
  };

  it.each(['SETBIT k 10 1', 'SETRANGE k 3 x', 'APPEND k x', 'BITFIELD k SET u8 0 1'])('is read behind %s', (edit) => {
    expect(after('PFCOUNT k', edit)).toEqual(['state k']);
    expect(after('PFCOUNT other', edit)).toEqual([]);
  });

  it('takes elements like any other', () => {
    expect(after('PFCOUNT k', 'PFADD k e')).toEqual([]);
  });
});

describe('what is taken from around a unit', () => {
  const translate = (context: UnitContext, ...lines: readonly string[]): string[] => {
    const commands = commandsOf(...lines.map((line) => line.split(' '))).map((command) => ({ command, db: 0 }));
    const stamp = { time: time1, priority: 2, origin };
    return translateUnit(commands, new Model(), stamp, undefined, undefined, undefined, context).ops.map(showOp);
  };

  it('messages go on only where that is switched on, and take an index only then', () => {
    const lines = ['PUBLISH c m', 'SPUBLISH c m', 'PUBLISH __sentinel__:hello m', 'SADD k x'];
    expect(translate({}, ...lines)).toEqual(['0 member k x in']);
    expect(translate({ publish: true }, ...lines)).toEqual([
      '0 publish c: m',
      '1 publish c sharded: m',
      '2 member k x in',
    ]);
  });

  it('library calls of our own are nothing new', () => {
    const lines = ['FUNCTION LOAD #!lua\tname=mine', 'FUNCTION DELETE other', 'FUNCTION FLUSH'];
    expect(translate({ isOwnLibrary: (name) => name !== 'other' }, ...lines)).toEqual(['0 library other gone']);
    expect(translate({ isOwnLibrary: (_, code) => code === null }, ...lines)).toHaveLength(1);
  });
});

describe('a delete that may be an expiry', () => {
  const deleted = (due: number | null): Op[] => {
    const model = new Model(0, 2);
    model.merge({ type: 'expire', db: 0, index: 0, key: 'k', at: due }, { time: time1, priority: 2, origin });
    const commands = commandsOf(['DEL', 'k']).map((command) => ({ command, db: 0 }));
    const seen = () => [[1, time1]] as const;
    return [...translateUnit(commands, model, { time: time2, priority: 2, origin }, undefined, seen, ['end']).ops];
  };

  it('counts as one where the key was to expire', () => {
    const end = { type: 'end', db: 0, index: 0, key: 'k', covers: [[1, time1]] };
    expect(deleted(500)).toEqual([{ ...end, expires: true, at: 500 }]);
    expect(deleted(null)).toEqual([{ ...end, expires: false }]);
  });
});
