import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc64 } from './crc64.ts';

/** Bit by bit. */
function slowCrc64(bytes: Uint8Array): bigint {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x95ac9329ac4bc9b5n : crc >> 1n;
  }
  return crc;
}

it('gives the published check value', () => {
  expect(crc64(new TextEncoder().encode('123456789'))).toBe(0xe9c6d914c4b8d9can);
  expect(crc64(new Uint8Array(0))).toBe(0n);
});

it('is what dividing bit by bit gives, of any part and in any parts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat({ max: 100 }), fc.nat({ max: 100 }), (bytes, a, b) => {
      const [start, end] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
      expect(crc64(bytes)).toBe(slowCrc64(bytes));
      expect(crc64(bytes, start, end)).toBe(slowCrc64(bytes.subarray(start, end)));
      expect(crc64(bytes, start, bytes.length, crc64(bytes, 0, start))).toBe(slowCrc64(bytes));
    }),
  );
});
