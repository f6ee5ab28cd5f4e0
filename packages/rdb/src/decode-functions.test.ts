import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Piece, payload } from '../test-support/payload.ts';
import { decodeFunctions } from './index.ts';

const code = (name: string): string =>
  `#!lua name=${name}\nredis.register_function('f_${name}', function() return 1 end)`;
const piece = (text: string): Piece[] => [245, 0x40 | (text.length >> 8), text.length & 255, text];
const two = payload(10, 'right', ...piece(code('one')), ...piece(code('two')));

function shown(bytes: Uint8Array): readonly string[] | string {
  const decoded = decodeFunctions(bytes);
  if (!decoded.ok) return `${decoded.failure.code} at ${decoded.failure.position}`;
  return decoded.codes.map((one) => new TextDecoder().decode(one));
}

test('the codes of all libraries, in their order', () => {
  expect(shown(two)).toEqual([code('one'), code('two')]);
  expect(shown(payload(10, 'right', ...piece(code('one'))))).toEqual([code('one')]);
  expect(shown(payload(80, 'right'))).toEqual([]);
});

test('what is none has a reason', () => {
  expect(shown(new Uint8Array(9))).toBe('truncated at 9');
  expect(shown(payload(99, 'right', ...piece('x')))).toBe('unknown-version at 4');
  expect(shown(payload(10, 'right', 246, 1, 'x'))).toBe('unknown-type at 0');
  expect(shown(payload(10, 'right', ...piece('x'), 0))).toBe('unknown-type at 4');
  expect(shown(payload(10, 'right', 245, 9, 'x'))).toBe('truncated at 2');
  expect(decodeFunctions(two, { maxElements: 1 })).toMatchObject({ failure: { code: 'too-many-elements' } });
  expect(decodeFunctions(two, { maxStringBytes: 9 })).toMatchObject({ failure: { code: 'string-too-long' } });
});

test('any byte changed, or missing, is noticed', () => {
  for (let i = 0; i < two.length; i++) {
    expect(shown(two.map((byte, at) => (at === i ? byte ^ 1 : byte)))).toMatch(/ at /);
    expect(shown(two.subarray(0, i))).toMatch(/ at /);
  }
});

test('any bytes give a result', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void decodeFunctions(bytes)));
});
