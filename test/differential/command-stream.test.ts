import { expect, test } from 'vitest';
import { commandStream, type StreamOptions } from './command-stream.ts';
import { Draw, type Payloads } from './draw.ts';
import { generators } from './generator-table.ts';
import { allGroups, contentGroups } from './row.ts';

const kinds = ['s', 'n', 'h', 'm', 'z', 'l', 'x', 'b', 'p', 'g'] as const;
const payloads: Payloads = {
  keys: Object.fromEntries(kinds.map((kind) => [kind, [`payload ${kind}`]])) as unknown as Payloads['keys'],
  functions: ['one library', 'two libraries'],
};

function options(more: Partial<StreamOptions> = {}): StreamOptions {
  return {
    ...{ seed: 1, site: 'a', prefix: 'p', now: 1_700_000_000_000, groups: allGroups, without: new Set() },
    ...{ determinate: false, flushAll: true, payloads, commands: 2_000, withDues: true },
    ...more,
  };
}

/** How often each generator's command is there, scripts and transactions included. */
function seen(more: Partial<StreamOptions> = {}): Set<string> {
  const names = new Set<string>();
  for (const { commands, waits } of commandStream(options(more))) {
    for (const [name = '', sub = ''] of waits === undefined ? commands : [waits, ...commands]) {
      names.add(name.toLowerCase());
      names.add(`${name}|${sub}`.toLowerCase());
    }
  }
  return new Set([...plainNames].filter((name) => names.has(name)));
}

/** Without options, which no command's name tells. */
const plainNames = [...generators.values()].filter(({ probe }) => probe === undefined).map(({ name }) => name);

test('the same seed gives the same stream, another seed another', () => {
  expect(commandStream(options())).toEqual(commandStream(options()));
  expect(commandStream(options())).not.toEqual(commandStream(options({ seed: 2 })));
});

test('another prefix changes nothing but the names of keys', () => {
  const renamed = JSON.stringify(commandStream(options({ prefix: 'other' }))).replaceAll('other', 'p');
  expect(renamed).toBe(JSON.stringify(commandStream(options())));
});

test('every generator is drawn in a long stream', () => {
  const drawn = seen({ commands: 40_000 });
  expect(plainNames.filter((name) => !drawn.has(name))).toEqual([]);
});

test('nothing that depends on chance or the hour is in a determinate stream', () => {
  const drawn = seen({ commands: 20_000, determinate: true });
  expect([...drawn].filter((name) => generators.get(name)?.loose === true)).toEqual([]);
  expect(drawn.size).toBeGreaterThan(90);
});

test('no key of a determinate stream expires while it is played, even where it is told in seconds', () => {
  const draw = new Draw(options({ determinate: true, now: 1_700_000_000_400 }));
  const dues = Array.from({ length: 100_000 }, () => 1000 * Math.ceil(draw.expiryAt() / 1000) - draw.options.now);
  expect(dues.filter((ms) => ms > 0 && ms < 3_600_000)).toEqual([]);
  expect(dues.filter((ms) => ms <= 0).length).toBeGreaterThan(1000);
});

test.each([...contentGroups])('a stream narrowed to %s holds nothing else', (group) => {
  const drawn = seen({ commands: 5_000, groups: [group], withDues: false });
  const expected = plainNames.filter((name) => generators.get(name)?.group === group);
  expect([...drawn].sort()).toEqual(expected.sort());
});

test('commands can be left out', () => {
  expect([...seen({ commands: 10_000, without: new Set(['setnx', 'xgroup|create']), withDues: false })]).not.toContain(
    'setnx',
  );
});

test('where added elements must last, nothing sweeps database 0', () => {
  for (const { db, commands } of commandStream(options({ commands: 20_000, flushAll: false }))) {
    if (commands.some(([name]) => name === 'SELECT')) continue;
    for (const [name, ...args] of commands) {
      expect(name).not.toBe('FLUSHALL');
      if (name === 'FLUSHDB') expect(db).not.toBe(0);
      if (name === 'SWAPDB') expect(args).toEqual(['1', '2']);
    }
  }
});
