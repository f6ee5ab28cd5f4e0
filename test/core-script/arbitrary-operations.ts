/** Arbitrary operations of the apply script, on few keys, so that types and tests meet. Expiries lie in the future. */
import { expiryGraceMs } from '@entwine/core';
import fc from 'fast-check';
import type { Argument } from './script-bench.ts';

const key = fc.constantFrom('a', 'b', '\xff\x00');
const field = fc.constantFrom('f', 'g', '');
const integer = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map(String),
  fc.constantFrom('9223372036854775807', '-9223372036854775808'),
);
const score = fc.constantFrom('1', '-2', '0.5', 'inf', '-inf', '3');
const value = fc.oneof(integer, fc.constantFrom('x', '', '007'), fc.uint8Array({ maxLength: 3 }));
const at = fc.integer({ min: 4_000_000_000_000, max: 4_000_000_000_003 }).map(String);

const is = (letter: string) => fc.constant(letter);
const simple: fc.Arbitrary<Argument[]> = fc.oneof(
  fc.tuple(is('S'), key, value),
  fc.tuple(is('T'), key, value, at),
  fc.tuple(is('K'), key, value),
  fc.tuple(is('X'), key),
  fc.tuple(is('C'), key, fc.constantFrom('string', 'hash', 'set', 'zset')),
  fc.tuple(is('H'), key, field, value),
  fc.tuple(is('A'), key, field),
  fc.tuple(is('Z'), key, score, field),
  fc.tuple(fc.constantFrom('h', 'a', 'z'), key, field),
  fc.tuple(is('I'), key, integer),
  fc.tuple(is('J'), key, field, integer),
  fc.tuple(is('Y'), key, fc.integer({ min: -3, max: 3 }).map(String), field),
  fc.tuple(is('E'), key, at),
  fc.tuple(is('P'), key),
  fc.tuple(is('D'), fc.constantFrom('0', '1')),
  fc.tuple(is('R'), fc.constantFrom('h', 'z'), key, field, integer, fc.constantFrom('', '1', '2')),
  fc.tuple(is('R'), is('s'), key, is(''), integer, fc.constantFrom('', '1', '2')),
);

const test = fc.oneof(
  fc.tuple(fc.constantFrom('s', 'h'), key, field, value),
  fc.tuple(fc.constantFrom('n', 'i', 'm', 'o', 'y'), key, field, is('')),
  fc.tuple(is('z'), key, field, score),
  fc.tuple(is('e'), key, is(''), fc.oneof(is('-1'), at)),
  fc.tuple(
    is('x'),
    key,
    is(''),
    fc.oneof(
      at,
      at.map((text) => String(Number(text) - expiryGraceMs)),
    ),
  ),
);
const guarded: fc.Arbitrary<Argument[]> = fc
  .tuple(test, fc.array(simple, { minLength: 1, maxLength: 2 }))
  .map(([tested, then]) => ['Q', ...tested, String(then.flat().length), ...then.flat()]);

/** Keys kept through a deletion of all, or of one of them. */
const kept: fc.Arbitrary<Argument[]> = fc
  .tuple(
    fc.uniqueArray(key, { minLength: 1, maxLength: 2 }),
    fc.uniqueArray(field, { maxLength: 3 }),
    fc.constantFrom(['F'], ['W'], ['X', 'a']),
  )
  .map(([keys, members, deletion]) => [
    ...keys.flatMap((one) => ['B', one, String(members.length), ...members]),
    ...['D', '1', 'B', 'a', '0', 'D', '0', ...deletion, 'X', keys[0]!, 'D', '1', 'X', 'a', 'U'],
  ]);

/** The operations of one call. */
export const anyOperations: fc.Arbitrary<Argument[]> = fc
  .array(fc.oneof({ weight: 5, arbitrary: simple }, guarded), { maxLength: 15 })
  .map((operations) => operations.flat());

/** The same, with keys kept through deletions. */
export const anyKeepingOperations: fc.Arbitrary<Argument[]> = fc
  .array(fc.oneof({ weight: 9, arbitrary: simple }, kept), { maxLength: 15 })
  .map((operations) => operations.flat());
