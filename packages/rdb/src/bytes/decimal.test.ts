import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimals, parseScore } from './decimal.ts';

describe('Decimals', () => {
  it('makes the texts of integers, and leaves earlier ones alone', () => {
    const integers = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));
    fc.assert(
      fc.property(fc.array(integers, { maxLength: 2000 }), (values) => {
        const decimals = new Decimals();
        const texts = values.map((value) => decimals.text(value));
        expect(texts.map((text) => Buffer.from(text).toString())).toEqual(values.map((value) => `${BigInt(value)}`));
      }),
      { examples: [[[0, 9, 10, -9, -10, 2147483647, -2147483648, 99999, 100000]]] },
    );
  });
});

describe('parseScore', () => {
  const parse = (text: string) => parseScore(Buffer.from(text), 0, text.length);

  it('reads whatever number JavaScript writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (score) => {
        expect(parse(`${score}`)).toBe(score === 0 ? 0 : score);
      }),
    );
  });

  it.each([
    ['inf', Infinity],
    ['-inf', -Infinity],
    ['+Infinity', Infinity],
    ['-0', -0],
    ['1e+20', 1e20],
    ['.5', 0.5],
    ['5.', 5],
  ])('reads %s', (text, score) => {
    expect(parse(text)).toBe(score);
  });

  it.each(['', 'nan', 'NaN', '1x', ' 1', '0x10', '1e', '--1', 'infi', '1'.repeat(400)])('refuses %j', (text) => {
    expect(parse(text)).toBeUndefined();
  });
});
