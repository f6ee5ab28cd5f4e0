import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argumentText, type Command } from '../resp/command.ts';
import { StreamDecoder } from '../resp/stream-decoder.ts';
import type { StreamEvent, UnitFailureCode } from './unit.ts';
import type { UnitLimits } from './unit-limits.ts';
import { UnitReader } from './unit-reader.ts';

const resp = (line: string): string => {
  const args = line.split(' ');
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
};

function commandsOf(text: string, offset = 0): Command[] {
  const decoder = new StreamDecoder(offset);
  decoder.push(Uint8Array.from(Buffer.from(text, 'latin1')));
  const commands: Command[] = [];
  for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
    if ('code' in next) throw new Error(next.message);
    commands.push(next);
  }
  return commands;
}

/** A short form of an event: `[1: SET a 1] ..45 db 1`, offsets relative to nothing. */
function show(event: StreamEvent): string {
  if (event.type === 'failure') return `${event.code} at ${event.offset}`;
  if (event.type === 'quiet') return `quiet${event.getack ? ' getack' : ''} ..${event.end} db ${event.db}`;
  const { commands, start, end, db, transaction } = event.unit;
  const inner = commands.map(({ command, db: at }) =>
    [`${at}:`, ...command.spans.filter((_, i) => i % 2 === 0).map((_, i) => argumentText(command, i))].join(' '),
  );
  return `${transaction ? '{' : '['}${inner.join(', ')}${transaction ? '}' : ']'} ${start}..${end} db ${db}`;
}

function read(text: string, offset = 0, db = -1, limits: Partial<UnitLimits> = {}): string[] {
  const reader = new UnitReader({ offset, db }, limits);
  const shown: string[] = [];
  for (const command of commandsOf(text, offset)) {
    const event = reader.push(command);
    if (event !== undefined) shown.push(show(event));
    if (event?.type === 'failure') break;
  }
  return shown;
}

/** What stands in a stream, with what it should come out as. */
type Item = { readonly lines: readonly string[]; readonly block: boolean };

const anyData = fc.constantFrom('SET a 1', 'del b', 'HSET h f v', 'PUBLISH c m');
const anySelect = fc.nat({ max: 15 }).map((db) => `SELECT ${db}`);
const anyControl = fc.constantFrom('PING', 'ping', 'REPLCONF GETACK *', 'replconf getack *', 'REPLCONF other 1');
const anyItem: fc.Arbitrary<Item> = fc.oneof(
  fc.oneof(anyData, anySelect, anyControl).map((line) => ({ lines: [line], block: false })),
  fc
    .array(fc.oneof({ weight: 4, arbitrary: anyData }, anySelect, anyControl), { maxLength: 6 })
    .map((lines) => ({ lines: ['MULTI', ...lines, 'EXEC'], block: true })),
);

/** The slow, obvious reader: knows beforehand what belongs together. */
function expected(items: readonly Item[], offset: number, db: number): string[] {
  const shown: string[] = [];
  for (const { lines, block } of items) {
    const start = offset;
    const data: string[] = [];
    for (const line of lines) {
      const name = line.split(' ')[0]!.toUpperCase();
      offset += resp(line).length;
      if (name === 'SELECT') db = Number(line.split(' ')[1]);
      else if (!['MULTI', 'EXEC', 'PING', 'REPLCONF'].includes(name)) data.push(`${Math.max(0, db)}: ${line}`);
    }
    const getack = !block && /getack/i.test(lines[0]!) ? ' getack' : '';
    if (data.length === 0) shown.push(`quiet${getack} ..${offset} db ${db}`);
    else shown.push(`${block ? '{' : '['}${data.join(', ')}${block ? '}' : ']'} ${start}..${offset} db ${db}`);
  }
  return shown;
}

const anyItems = fc.array(anyItem, { maxLength: 20 });
const streamOf = (items: readonly Item[]): string => items.flatMap(({ lines }) => lines.map(resp)).join('');

describe('UnitReader', () => {
  it('groups any stream as the oracle does', () => {
    fc.assert(
      fc.property(anyItems, fc.constantFrom(0, 12_345, 2 ** 40), fc.integer({ min: -1, max: 15 }), (items, at, db) => {
        expect(read(streamOf(items), at, db)).toEqual(expected(items, at, db));
      }),
      { numRuns: 500 },
    );
  });

  it('goes on alike from every place to resume at', () => {
    fc.assert(
      fc.property(anyItems, (items) => {
        const text = streamOf(items);
        const reader = new UnitReader({ offset: 0, db: -1 });
        const shown = read(text);
        let seen = 0;
        for (const command of commandsOf(text)) {
          const event = reader.push(command);
          if (event === undefined) continue;
          seen++;
          const { offset, db } = reader.position;
          expect(offset).toBe(command.end);
          expect(read(text.slice(offset), offset, db)).toEqual(shown.slice(seen));
        }
        expect(seen).toBe(shown.length);
      }),
    );
  });

  it('takes SELECT before MULTI (7.0) and inside it (8.0), and keeps the database after EXEC', () => {
    const before = ['SELECT 3', 'MULTI', 'SET a 1', 'EXEC', 'SET b 2'].map(resp).join('');
    expect(read(before)).toEqual(['quiet ..23 db 3', '{3: SET a 1} 23..79 db 3', '[3: SET b 2] 79..106 db 3']);
    const inside = ['MULTI', 'SELECT 3', 'SET a 1', 'EXEC', 'SET b 2'].map(resp).join('');
    expect(read(inside)).toEqual(['{3: SET a 1} 0..79 db 3', '[3: SET b 2] 79..106 db 3']);
  });

  it('moves the position only outside transactions', () => {
    const reader = new UnitReader({ offset: 10, db: 2 });
    const [multi, select, set, exec] = commandsOf(['MULTI', 'SELECT 5', 'SET a 1', 'EXEC'].map(resp).join(''), 10);
    for (const command of [multi!, select!, set!]) {
      expect(reader.push(command)).toBeUndefined();
      expect(reader.position).toEqual({ offset: 10, db: 2 });
    }
    reader.push(exec!);
    expect(reader.position).toEqual({ offset: 89, db: 5 });
  });

  it('puts data before any SELECT into database 0 and keeps -1 in the position', () => {
    expect(read(resp('SET a 1'))).toEqual(['[0: SET a 1] 0..27 db -1']);
  });

  it('takes an empty transaction for quiet', () => {
    expect(read(resp('MULTI') + resp('EXEC'), 0, 4)).toEqual(['quiet ..29 db 4']);
  });

  it('passes over newlines between commands', () => {
    expect(read(`\n\n${resp('SET a 1')}\n${resp('PING')}`, 0, 0)).toEqual([
      '[0: SET a 1] 2..29 db 0',
      'quiet ..44 db 0',
    ]);
  });

  const failures: [lines: string[], code: UnitFailureCode, at: number, limits?: Partial<UnitLimits>][] = [
    [['MULTI', 'MULTI'], 'nested-multi', 15],
    [['PING', 'EXEC'], 'exec-without-multi', 14],
    [['SELECT'], 'bad-select', 0],
    [['PING', 'SELECT x'], 'bad-select', 14],
    [['SELECT -1'], 'bad-select', 0],
    [['SELECT 01'], 'bad-select', 0],
    [['SELECT 9999999999'], 'bad-select', 0],
    [['SELECT 1 2'], 'bad-select', 0],
    [['MULTI', 'SELECT '], 'bad-select', 15],
    [['MULTI', 'SET a 1', 'PING', 'SET a 2', 'SET a 3'], 'too-many-commands', 83, { maxUnitCommands: 2 }],
    [['SET a 1'], 'too-large', 0, { maxUnitBytes: 26 }],
    [['MULTI', 'SET a 1', 'EXEC'], 'too-large', 42, { maxUnitBytes: 55 }],
    [['MULTI', 'PING', 'PING'], 'too-large', 29, { maxUnitBytes: 30 }],
  ];
  for (const [lines, code, at, limits] of failures) {
    it(`${lines.join('; ')} is ${code} at byte ${at}`, () => {
      expect(read(lines.map(resp).join(''), 500, 0, limits).at(-1)).toBe(`${code} at ${500 + at}`);
    });
  }

  it('accepts what equals a limit', () => {
    const text = ['MULTI', 'SET a 1', 'SET a 2', 'EXEC'].map(resp).join('');
    const limits = { maxUnitCommands: 2, maxUnitBytes: text.length };
    expect(read(text, 0, 0, limits)).toEqual([`{0: SET a 1, 0: SET a 2} 0..${text.length} db 0`]);
  });

  it('sticks to a failure and keeps the last place to resume at', () => {
    const reader = new UnitReader({ offset: 0, db: 0 });
    const [ping, exec, set] = commandsOf(resp('PING') + resp('EXEC') + resp('SET a 1'));
    reader.push(ping!);
    const failure = reader.push(exec!);
    expect(reader.push(set!)).toBe(failure);
    expect(reader.position).toEqual({ offset: 14, db: 0 });
  });

  it('throws when commands come out of order, which is the caller mixing up streams', () => {
    const reader = new UnitReader({ offset: 0, db: 0 });
    const [first, second] = commandsOf(resp('PING') + resp('PING'));
    reader.push(second!);
    expect(() => reader.push(first!)).toThrow(RangeError);
  });
});
