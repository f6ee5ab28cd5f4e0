import { expect, it } from 'vitest';
import { commandSpecs } from './key-specs-of.ts';

const spec = (flags: readonly string[], begin: readonly unknown[], find: readonly unknown[]): unknown[] => [
  ...['flags', flags],
  ...['begin_search', ['type', begin[0], 'spec', begin.slice(1)]],
  ...['find_keys', ['type', find[0], 'spec', find.slice(1)]],
];
const index = ['index', 'index', 2];
const range = ['range', 'lastkey', -1, 'keystep', 2, 'limit', 0];
const entry = (name: string, specs: unknown[], subcommands: unknown[] = []): unknown[] => [
  ...[name, 2, ['write'], 1, 1, 1, [], []],
  ...[specs, subcommands],
];
const all = (...entries: unknown[]) => Object.fromEntries(commandSpecs(entries));

it('reads ranges, counts and keywords, by upper-case name, subcommands behind a bar', () => {
  const count = ['keynum', 'keynumidx', 0, 'firstkey', 1, 'keystep', 1];
  const keyword = ['keyword', 'keyword', 'STORE', 'startfrom', -2];
  expect(
    all(
      entry('mod.set', [spec(['RW'], index, range)]),
      entry('box', [], [entry('box|put', [spec(['RO'], index, count)]), entry('box|get', [])]),
      entry('odd', [spec(['RW', 'incomplete'], keyword, ['unknown']), spec(['not_key'], index, range)]),
    ),
  ).toEqual({
    'MOD.SET': [
      {
        ...{ begin: { type: 'index', at: 2 }, find: { type: 'range', last: -1, step: 2, limit: 0 } },
        ...{ readOnly: false, incomplete: false },
      },
    ],
    BOX: [],
    'BOX|PUT': [
      {
        ...{ begin: { type: 'index', at: 2 }, find: { type: 'count', at: 0, first: 1, step: 1 } },
        ...{ readOnly: true, incomplete: false },
      },
    ],
    'BOX|GET': [],
    ODD: [{ begin: { type: 'keyword', word: 'STORE', from: -2 }, find: null, readOnly: false, incomplete: true }],
  });
});

it('reads first, last and step of servers before 7.0', () => {
  const old = (name: string, first: number, last: number, flags = ['write']) => [name, 2, flags, first, last, 1, []];
  expect(all(old('set', 1, 1), old('del', 1, -1), old('ping', 0, 0), old('eval', 0, 0, ['movablekeys']))).toMatchObject(
    {
      SET: [{ begin: { at: 1 }, find: { last: 0, step: 1 }, incomplete: false }],
      DEL: [{ begin: { at: 1 }, find: { last: -1, step: 1 } }],
      PING: [],
      EVAL: [{ begin: null, incomplete: true }],
    },
  );
});

it('makes nothing of what is no such reply', () => {
  for (const reply of [null, 'OK', 5, [null], [['x']], [[1, 2]], [['x', 0, 0, 0, 0, 0, 0, 0, [5], 7]]])
    expect(() => commandSpecs(reply)).not.toThrow();
});
