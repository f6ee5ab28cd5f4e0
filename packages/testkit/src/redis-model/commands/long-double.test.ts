/** The expected texts are those of a live Redis 7.0 on x86-64. */
import { describe, expect, it } from 'vitest';
import { addLongDoubles, ceilLongDouble, multiplyLongDouble, parseLongDouble, showLongDouble } from './long-double.ts';

function shown(text: string): string | undefined {
  const value = parseLongDouble(text);
  return value === undefined ? undefined : showLongDouble(value);
}

describe('a long double', () => {
  it.each([
    ['12345.678901', '12345.67890099999999975'],
    ['0.30000000000000004', '0.30000000000000004'],
    ['18446744073709551617', '18446744073709551616'],
    ['36893488147419103233', '36893488147419103232'],
    ['0x1.8p1', '3'],
    ['-1e-18', '0'],
    ['1e-17', '0.00000000000000001'],
    ['1.7e20', '170000000000000000000'],
    ['+.5', '0.5'],
    ['5.', '5'],
    ['-0', '0'],
    ['0e99999', '0'],
    ['-Infinity', '-inf'],
  ])('%s is shown as %s', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it.each([
    '',
    '.',
    '-',
    '1e',
    ' 1',
    '1 ',
    '1,5',
    '0x',
    '0x1p',
    'nan',
    'infinit',
    '1e5000',
    '1e-5000',
    '9'.repeat(5120),
  ])('is not what "%s" is', (text) => {
    expect(parseLongDouble(text)).toBeUndefined();
  });

  it('is rounded after each sum', () => {
    const tenth = parseLongDouble('0.1')!;
    expect(showLongDouble(addLongDoubles(tenth, parseLongDouble('0.2')!))).toBe('0.3');
    const large = parseLongDouble('1e20')!;
    expect(showLongDouble(addLongDoubles(large, tenth))).toBe('100000000000000000000');
    expect(addLongDoubles(parseLongDouble('1e4932')!, parseLongDouble('1e4932')!)).toBe('inf');
  });

  it('has a next integer', () => {
    const milliseconds = (text: string): bigint | undefined =>
      ceilLongDouble(multiplyLongDouble(parseLongDouble(text)!, 1000n));
    expect(['0.0001', '-0.0001', '-0.001', '-1', '2.5', '1e20', 'inf'].map(milliseconds)).toEqual([
      ...[1n, 0n, 0n, -1000n, 2500n, 100_000_000_000_000_000_000_000n, undefined],
    ]);
  });
});
