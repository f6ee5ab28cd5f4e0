import fc from 'fast-check';
import { expect, it } from 'vitest';
import { equalBytes, fromByteString, toByteString } from './byte-string.ts';

const bytes = fc.uint8Array({ maxLength: 300 });

it('every byte string is its bytes, and back', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const text = toByteString(value);
      expect(text).toBe(Buffer.from(value).toString('latin1'));
      expect(fromByteString(text)).toEqual(value);
    }),
  );
});

it('takes a part of the bytes', () => {
  fc.assert(
    fc.property(bytes, fc.nat({ max: 300 }), fc.nat({ max: 300 }), (value, a, b) => {
      const [start, end] = [Math.min(a, b, value.length), Math.min(Math.max(a, b), value.length)];
      expect(toByteString(value, start, end)).toBe(toByteString(value.slice(start, end)));
    }),
  );
});

it.each([4095, 4096, 4097, 8192, 8193, 1_000_000])('%i bytes come through whole', (length) => {
  const value = Uint8Array.from({ length }, (_, i) => (i * 31) % 256);
  const text = toByteString(value);
  expect(text).toHaveLength(length);
  expect(equalBytes(fromByteString(text), value)).toBe(true);
  expect(toByteString(value, 1, length - 1)).toBe(text.slice(1, -1));
});

it('keeps the low byte of what is no byte', () => {
  expect(fromByteString('\u0141\uffff')).toEqual(Uint8Array.of(0x41, 0xff));
});

it('bytes are equal when all of them are', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(equalBytes(a, b)).toBe(Buffer.from(a).equals(b));
      expect(equalBytes(a, a.slice())).toBe(true);
    }),
  );
});
