import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandsOf } from '../../test-support/commands.ts';
import { fromByteString } from '../bytes/byte-string.ts';
import * as cells from './stream-cells.ts';

const half = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0n, max: 2n ** 54n }),
  fc.nat().map(BigInt),
);
const anyId = fc.tuple(half, half);
const anyName = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 30,
});

describe('an ID', () => {
  it('is 16 bytes, and its text again', () => {
    fc.assert(
      fc.property(anyId, ([ms, seq]) => {
        const id = cells.parseId(`${ms}-${seq}`)!;
        expect(id).toBe(cells.idFrom(ms, seq));
        expect(id).toHaveLength(cells.idBytes);
        expect(cells.idText(id)).toBe(`${ms}-${seq}`);
      }),
    );
  });

  it('sorts as its numbers do', () => {
    fc.assert(
      fc.property(anyId, anyId, ([a, b], [c, d]) => {
        expect(cells.idFrom(a, b) < cells.idFrom(c, d)).toBe(a === c ? b < d : a < c);
      }),
    );
  });

  it('has neighbours', () => {
    fc.assert(
      fc.property(anyId, ([ms, seq]) => {
        const whole = (ms << 64n) | seq;
        const at = (n: bigint): string => cells.idFrom(n >> 64n, n & (2n ** 64n - 1n));
        expect(cells.nextId(at(whole))).toBe(at(whole === 2n ** 128n - 1n ? whole : whole + 1n));
        expect(cells.previousId(at(whole))).toBe(at(whole === 0n ? whole : whole - 1n));
      }),
    );
    expect(cells.nextId(cells.highestId)).toBe(cells.highestId);
    expect(cells.previousId(cells.lowestId)).toBe(cells.lowestId);
  });

  it.each([
    '',
    '-',
    '*',
    '$',
    '+',
    '1-*',
    '1-',
    '-1',
    'a-1',
    '1-b',
    '1-2-3',
    '18446744073709551616',
    '1-184467440737095516160',
  ])('is not %j', (text) => {
    expect(cells.parseId(text)).toBeUndefined();
  });

  it('is read from an argument, if there is one', () => {
    const [command] = commandsOf(['XDEL', 's', '12-3', '12']);
    expect([2, 3, 4].map((i) => cells.idArgument(command!, i))).toEqual([
      cells.idFrom(12n, 3n),
      cells.idFrom(12n, 0n),
      undefined,
    ]);
  });
});

describe('a cell', () => {
  it('has a name that is taken apart again', () => {
    fc.assert(
      fc.property(anyName, anyName, anyId, (group, consumer, [ms, seq]) => {
        const id = cells.idFrom(ms, seq);
        expect(cells.parseCell(cells.entryCell(id))).toEqual({ type: 'entry', id });
        expect(cells.parseCell(cells.positionCell(group))).toEqual({ type: 'position', group });
        expect(cells.parseCell(cells.advanceCell(group))).toEqual({ type: 'advance', group });
        expect(cells.parseCell(cells.groupEndCell(group))).toEqual({ type: 'groupEnd', group });
        expect(cells.parseCell(cells.consumerCell(group, consumer))).toEqual({ type: 'consumer', group, consumer });
        expect(cells.parseCell(cells.consumerEndCell(group, consumer))).toEqual({
          type: 'consumerEnd',
          group,
          consumer,
        });
        expect(cells.parseCell(cells.deliveryCell(group, id))).toEqual({ type: 'delivery', group, id });
      }),
    );
    expect(cells.parseCell(cells.lastCell)).toEqual({ type: 'last' });
  });

  it.each(['', 'i', 'ishort', 'lx', 'pshort', 'c', 'c\0\0\0\x09group', 'z'])('is not %j', (name) => {
    expect(cells.parseCell(name)).toBeUndefined();
  });

  it('holds the same as another, or not', () => {
    const value = (...words: string[]): Uint8Array[] => words.map(fromByteString);
    expect(cells.equalValues(value('a', 'b'), value('a', 'b'))).toBe(true);
    expect(cells.equalValues(value('a', 'b'), value('ab', ''))).toBe(false);
    expect(cells.equalValues(value('a'), value('a', 'b'))).toBe(false);
    expect([cells.equalValues(null, null), cells.equalValues(null, [])]).toEqual([true, false]);
  });
});
