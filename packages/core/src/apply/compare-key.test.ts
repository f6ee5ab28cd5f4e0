/** What a comparison makes of what is not followed by cells: sketches, bits, streams, lists. */
import { describe, expect, test } from 'vitest';
import { fromByteString } from '../bytes/byte-string.ts';
import { entryCell, parseId, positionCell, positionValue } from '../commands/stream-cells.ts';
import type { Op } from '../entry/entry.ts';
import { expiryGraceMs } from '../merge/expiry-grace.ts';
import { Model } from '../merge/model.ts';
import { Shadow } from '../merge/shadow.ts';
import type { Command } from '../resp/command.ts';
import { StreamDecoder } from '../resp/stream-decoder.ts';
import { compareKey } from './compare-key.ts';
import { Effects } from './effects.ts';
import { meantSteps } from './meant-steps.ts';

const at = { db: 0, index: 0, key: 'k' } as const;
const stamp = (time: number, priority: number) => ({ time, priority, origin: `${priority}/main/1` });
const sketch = (element: string): Op => ({ type: 'sketch', ...at, element });
const entry = (id: string): Op => ({
  ...{ type: 'stream', ...at, cell: entryCell(parseId(id)!) },
  value: [fromByteString('f'), fromByteString('v')],
});
const expire = (due: number | null): Op => ({ type: 'expire', ...at, at: due });
const end: Op = { type: 'end', ...at, covers: [[2, 10]], expires: false };
const push: Op = {
  ...{ type: 'guarded', ...at, kind: 'list', base: { stable: 0 }, adds: true },
  args: ['RPUSH', 'k', 'x'].map((word) => fromByteString(word)),
};
const remove: Op = { type: 'delete', ...at };
type Made = readonly (readonly [Op, number, number])[];

function command(...words: readonly string[]): Command {
  const decoder = new StreamDecoder(0);
  const text = words.map((word) => `$${word.length}\r\n${word}\r\n`).join('');
  decoder.push(fromByteString(`*${words.length}\r\n${text}`));
  const decoded = decoder.next();
  if (decoded === undefined || 'code' in decoded) throw new Error('no command');
  return decoded;
}

/** What is corrected after the key was deleted and a call of ours has left these commands in the stream. */
function corrected(
  made: Made,
  call: readonly string[],
  seen: readonly (readonly string[])[],
  nowMs = 0,
  before: readonly Command[] = [command('DEL', 'k')],
) {
  const model = new Model();
  for (const [op, time, priority] of made) model.merge(op, stamp(time, priority));
  const state = model.hold(0, 'k');
  const shadow = new Shadow();
  shadow.echo(
    [...before, ...seen.map((words) => command(...words))],
    (_kind, _field, added) => added,
    meantSteps(call, 0, 'k'),
  );
  const effects = new Effects();
  const { differing } = compareKey(model, state, shadow, nowMs, effects);
  return { differing, args: effects.args.map(String), state };
}

describe('entries of a call that an earlier process sent, seen after what makes them void', () => {
  const call = ['xM', 'k', '1-0', '2', 'f', 'v', 'xM', 'k', '2-0', '2', 'f', 'v'];
  const seen = [
    ['XADD', 'k', '1-0', 'f', 'v'],
    ['XADD', 'k', '2-0', 'f', 'v'],
  ];
  const both: Made = [
    [entry('1-0'), 1, 2],
    [entry('2-0'), 2, 2],
  ];

  test('a deletion takes them away', () => {
    expect(corrected([...both, [remove, 3, 1]], call, seen, 0, [])).toMatchObject({ differing: 1, args: ['X', 'k'] });
  });

  test('one that was removed is removed again', () => {
    const removal: Op = { type: 'stream', ...at, cell: entryCell(parseId('1-0')!), value: null };
    expect(corrected([...both, [removal, 3, 1]], call, seen, 0, []).args.slice(0, 3)).toEqual(['xm', 'k', '1-0']);
    expect(corrected(both, call, seen, 0, []).differing).toBe(0);
  });
});

describe('a key that the server deleted and that lives on', () => {
  test('its sketch elements are written again, those of our call that are there are not', () => {
    const made: Made = [
      [sketch('a'), 1, 2],
      [sketch('b'), 2, 2],
    ];
    expect(corrected(made, [], []).args).toEqual(['p', 'k', 'a', 'p', 'k', 'b']);
    expect(corrected(made, ['p', 'k', 'b'], [['PFADD', 'k', 'b']]).args).toEqual(['p', 'k', 'a']);
    // An element that changes nothing leaves no trace, and is in the sketch all the same.
    expect(corrected(made, ['p', 'k', 'a', 'p', 'k', 'b'], [['PFADD', 'k', 'a']]).differing).toBe(0);
  });

  test('its stream is written again, unless every entry is there', () => {
    const made: Made = [
      [entry('1-0'), 1, 2],
      [entry('2-0'), 2, 2],
    ];
    expect(corrected(made, [], []).args).toContain('2-0');
    const call = ['xM', 'k', '1-0', '2', 'f', 'v', 'xM', 'k', '2-0', '2', 'f', 'v'];
    const seen = [
      ['XADD', 'k', '1-0', 'f', 'v'],
      ['XADD', 'k', '2-0', 'f', 'v'],
    ];
    expect(corrected(made, call, seen).differing).toBe(0);
    expect(corrected(made, call.slice(0, 6), seen.slice(0, 1)).differing).toBeGreaterThan(0);
  });

  test('a consumer group of before is taken away', () => {
    const group: Op = { type: 'stream', ...at, cell: positionCell('g'), value: positionValue(parseId('0-0')!, '-1') };
    const seen = [
      ['XADD', 'k', '2-0', 'f', 'v'],
      ['XGROUP', 'CREATE', 'k', 'g', '0'],
    ];
    const made: Made = [
      [entry('1-0'), 1, 2],
      [remove, 3, 1],
      [entry('2-0'), 4, 1],
    ];
    expect(corrected(made, [], seen).args.slice(0, 2)).toEqual(['X', 'k']);
    expect(corrected([...made, [group, 5, 2]], [], seen).differing).toBe(0);
    const gone = [...seen, ['XGROUP', 'DESTROY', 'k', 'g']];
    expect(corrected(made, [], gone).differing).toBe(0);
  });

  test('bits that lie over a string that is deleted, or another than theirs, are written again over what lives', () => {
    const set = (value: string): Op => ({ type: 'assign', ...at, value: fromByteString(value), expiry: null });
    const bit: Op = { type: 'bit', ...at, offset: 3, on: true };
    const call = ['S', 'k', 'old', 'b', 'k', '3', '1'];
    const seen = [
      ['SET', 'k', 'old'],
      ['SETBIT', 'k', '3', '1'],
    ];
    const dead: Made = [
      [set('old'), 1, 2],
      [remove, 3, 1],
      [bit, 4, 2],
    ];
    expect(corrected(dead, call, seen)).toMatchObject({ differing: 1, args: ['X', 'k', 'b', 'k', '3', '1'] });
    const other: Made = [
      [set('old'), 1, 2],
      [set('new'), 3, 1],
      [bit, 5, 2],
    ];
    expect(corrected(other, call, seen).args).toEqual([
      'X',
      'k',
      'K',
      'k',
      String(fromByteString('new')),
      'b',
      'k',
      '3',
      '1',
    ]);
    expect(corrected([other[0]!, other[2]!], call, seen).differing).toBe(0);
  });

  test('bits that came to it before the string over which they lie are written again over that', () => {
    const made: Made = [
      [{ type: 'assign', ...at, value: fromByteString('lock'), expiry: null }, 1, 2],
      [{ type: 'bit', ...at, index: 2, offset: 3, on: true }, 2, 2],
    ];
    const { args } = corrected(made, ['b', 'k', '3', '1'], [['SETBIT', 'k', '3', '1']]);
    expect(args).toEqual(['X', 'k', 'K', 'k', String(fromByteString('lock')), 'b', 'k', '3', '1']);
    const whole = [
      ['SET', 'k', 'lock'],
      ['SETBIT', 'k', '3', '1'],
    ];
    expect(corrected(made, ['S', 'k', 'lock', 'b', 'k', '3', '1'], whole).differing).toBe(0);
  });

  test('its expiry is set, where it had passed too', () => {
    const made: Made = [
      [sketch('a'), 1, 2],
      [expire(500), 2, 2],
    ];
    const call = ['p', 'k', 'a', 'E', 'k', '500'];
    const moved = String(500 + expiryGraceMs);
    const seen = (due: string) => [
      ['PFADD', 'k', 'a'],
      ['PEXPIREAT', 'k', due],
    ];
    expect(corrected(made, call, seen(moved), 1000).differing).toBe(0);
    expect(corrected(made, call, seen(String(501 + expiryGraceMs)), 1000).args).toContain('E');
    expect(corrected(made, ['p', 'k', 'a'], [['PFADD', 'k', 'a']], 1000).args).toContain('E');
  });
});

describe('what a call of ours wrote behind a deletion that it did not know', () => {
  test('sketch elements that do not live go with the key, and what lives is written again', () => {
    const made: Made = [
      [sketch('a'), 1, 2],
      [end, 20, 1],
      [sketch('b'), 21, 1],
    ];
    const seen = [
      ['PFADD', 'k', 'a'],
      ['PFADD', 'k', 'b'],
    ];
    expect(corrected(made, ['p', 'k', 'a'], seen).args).toEqual(['X', 'k', 'p', 'k', 'b']);
  });

  test('a stream that does not live is deleted', () => {
    const made: Made = [
      [entry('1-0'), 1, 2],
      [remove, 20, 1],
    ];
    expect(corrected(made, [], [['XADD', 'k', '1-0', 'f', 'v']]).args).toEqual(['X', 'k']);
  });

  test('a list that does not live is deleted, and what is added until then is added again', () => {
    const made: Made = [
      [push, 1, 2],
      [remove, 20, 1],
    ];
    const { args, state } = corrected(made, [], [['RPUSH', 'k', 'x']]);
    expect(args).toEqual(['X', 'k']);
    expect(state.wipedBy).toEqual({ time: 20, priority: 1, index: 0 });
  });

  test('what nothing remembered has killed stays', () => {
    expect(corrected([[sketch('a'), 1, 2]], [], [['PFADD', 'k', 'b']]).args).toEqual(['p', 'k', 'a']);
  });
});

describe("what another site's commands made of a key that the server had taken away before they ran", () => {
  const confirmed = (priority: number, lost = true) => {
    const model = new Model(0, 1);
    model.merge(push, stamp(1, priority));
    const state = model.hold(0, 'k');
    const shadow = new Shadow();
    shadow.lost = lost;
    shadow.echo([command('DEL', 'k'), command('RPUSH', 'k', 'x')], (_kind, _field, added) => added, []);
    compareKey(model, state, shadow, 0, new Effects());
    return { wanted: state.wanted, wanting: model.wanting.has(state) };
  };

  test('is asked for', () => {
    expect(confirmed(2)).toEqual({ wanted: { time: 1, priority: 2, index: 0 }, wanting: true });
  });

  test('is asked for too where the unit of the commands itself shows the deletion', () => {
    expect(confirmed(2, false)).toEqual({ wanted: { time: 1, priority: 2, index: 0 }, wanting: true });
  });

  test('is not, where they are ours: what they made is what there is', () => {
    expect(confirmed(1)).toEqual({ wanted: undefined, wanting: false });
  });
});

describe('an expiry that an earlier process may have set, or not', () => {
  const due = (isSure: boolean, at: number | null, nowMs = 0) => {
    const model = new Model(0, 1);
    for (const [op, time] of [
      [{ type: 'assign', db: 0, index: 0, key: 'k', value: fromByteString('v'), expiry: null } as Op, 1],
      [expire(at), 2],
    ] as const)
      model.merge(op, stamp(time, 2));
    const state = model.hold(0, 'k');
    const shadow = new Shadow();
    const call = ['S', 'k', 'v', ...(at === null ? ['P', 'k'] : ['E', 'k', String(at)])];
    shadow.echo([command('SET', 'k', 'v')], (_kind, _field, added) => added, meantSteps(call, 0, 'k'), isSure);
    const effects = new Effects();
    compareKey(model, state, shadow, nowMs, effects);
    return effects.args.map(String);
  };

  test('is set', () => {
    expect(due(false, 500)).toContain('E');
    expect(due(false, null)).toContain('P');
  });

  test('is left alone where this process has sent it: without a trace it was there already', () => {
    expect(due(true, 500)).toEqual([]);
    expect(due(true, null)).toEqual([]);
  });
});

test('a key that is gone is deleted where an earlier process was at it: nobody knows what it had put there', () => {
  const compared = (then: (shadow: Shadow) => void, isMade = false) => {
    const model = new Model(3, 1);
    model.merge({ type: 'delete', ...at }, stamp(10, 1));
    if (isMade) model.merge({ type: 'member', ...at, member: 'm', present: true }, stamp(11, 1));
    const shadow = new Shadow();
    then(shadow);
    const effects = new Effects();
    const { differing } = compareKey(model, model.hold(0, 'k'), shadow, 0, effects);
    return [differing, effects.args.map(String).includes('X')];
  };
  expect(compared((shadow) => shadow.doubt([]))).toEqual([1, true]);
  expect(compared(() => {})).toEqual([0, false]);
  expect(compared((shadow) => shadow.doubt([]), true)).toEqual([0, false]);
  const deletedSince = (shadow: Shadow): void => {
    shadow.doubt([]);
    shadow.local({ type: 'delete', ...at });
  };
  expect(compared(deletedSince)).toEqual([0, false]);
});

test('what outlived the end of a key expires with it, where an earlier process sent it that had forgotten the expiry', () => {
  const member: Op = { type: 'member', ...at, member: 'm', present: true };
  const compared = (isSure: boolean) => {
    const model = new Model(3, 1);
    const end: Op = { type: 'end', ...at, covers: [[2, 5]], expires: true, at: 500 };
    model.merge({ type: 'expire', ...at, at: 500 }, stamp(2, 2));
    model.merge(end, stamp(10, 1));
    model.merge(member, stamp(7, 2));
    const shadow = new Shadow();
    const meant = meantSteps(['A', 'k', 'm', 'E', 'k', '500'], 0, 'k');
    shadow.echo([command('SADD', 'k', 'm')], (_kind, _field, added) => added, meant, isSure);
    const effects = new Effects();
    compareKey(model, model.hold(0, 'k'), shadow, 0, effects);
    return effects.args.map(String);
  };
  expect(compared(false)).toContain('E');
  expect(compared(true)).toEqual([]);
});

describe('a value that this process would have written with a call of an earlier one, which has not', () => {
  const field: Op = { type: 'field', ...at, field: 'f', value: fromByteString('v') };
  const set: Op = { type: 'assign', ...at, value: fromByteString('v'), expiry: null };
  const compared = (op: Op, call: readonly string[], isSure: boolean) => {
    const model = new Model();
    model.merge(op, stamp(1, 2));
    const shadow = new Shadow();
    shadow.echo([], (_kind, _field, added) => added, meantSteps(call, 0, 'k'), isSure);
    const effects = new Effects();
    compareKey(model, model.hold(0, 'k'), shadow, 0, effects);
    return effects.args.map(String);
  };
  const value = String(fromByteString('v'));

  test.each([
    ['a string', set, ['S', 'k', 'v'], ['K', 'k', value]],
    ['a field', field, ['H', 'k', 'f', 'v'], ['H', 'k', 'f', value]],
  ] as const)('is written: %s', (_what, op, call, written) => {
    expect(compared(op, call, false)).toEqual(written);
    expect(compared(op, call, true)).toEqual([]);
  });
});

describe('an increment by 0 that an earlier process sent', () => {
  const count: Op = {
    type: 'count',
    ...at,
    cell: 'hash',
    field: 'n',
    base: { stable: 0 },
    sum: 0n,
    by: 0n,
    previous: 0,
  };
  const compared = (made: Made) => {
    const model = new Model();
    for (const [op, time, priority] of made) model.merge(op, stamp(time, priority));
    const shadow = new Shadow();
    shadow.echo([command('HINCRBY', 'k', 'n', '0')], () => 0n, [], false);
    const effects = new Effects();
    const { differing } = compareKey(model, model.hold(0, 'k'), shadow, 0, effects);
    return { differing, args: effects.args.map(String) };
  };

  test('has made a field that was deleted meanwhile: it is removed where it holds nothing else', () => {
    const made: Made = [
      [count, 1, 2],
      [remove, 2, 1],
    ];
    expect(compared(made)).toEqual({ differing: 1, args: ['R', 'h', 'k', 'n', '0', '0'] });
    expect(compared([[count, 1, 2]]).differing).toBe(0);
  });
});
