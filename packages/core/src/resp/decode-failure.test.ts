import { describe, expect, it } from 'vitest';
import type { DecodeFailureCode } from './decode-failure.ts';
import type { DecodeLimits } from './decode-limits.ts';
import { StreamDecoder } from './stream-decoder.ts';

const offset = 1000;

/** Input, code, index of the offending byte, limits. What follows the offending byte plays no role. */
const cases: [input: string, code: DecodeFailureCode, at: number, limits?: Partial<DecodeLimits>][] = [
  ['$4\r\nPING\r\n', 'bad-type', 0],
  ['\n\0', 'bad-type', 1],
  ['\xff', 'bad-type', 0],
  ['*1\r\n:4\r\n', 'bad-type', 4],
  ['*2\r\n$3\r\nDEL\r\n*1\r\n', 'bad-type', 13],
  ['*\r\n', 'bad-length', 1],
  ['*x\r\n', 'bad-length', 1],
  ['*1x\r\n', 'bad-length', 2],
  ['*01\r\n', 'bad-length', 2],
  ['*+1\r\n', 'bad-length', 1],
  ['*-\r\n', 'bad-length', 2],
  ['*-0\r\n', 'bad-length', 2],
  ['*1\n', 'bad-length', 2],
  ['*1\r\n$-1\r\n', 'bad-length', 5],
  ['*1\r\n$\r\n', 'bad-length', 5],
  ['*1\r\n$ 4\r\n', 'bad-length', 5],
  ['*1\r\n$4\0\r\n', 'bad-length', 6],
  ['*1\rx', 'bad-terminator', 3],
  ['*1\r\n$4\rP', 'bad-terminator', 7],
  ['*1\r\n$4\r\nPINGx', 'bad-terminator', 12],
  ['*1\r\n$4\r\nPING\rx', 'bad-terminator', 13],
  ['*1\r\n$0\r\n\n', 'bad-terminator', 8],
  ['\r*', 'bad-terminator', 1],
  ['PING\rx', 'bad-terminator', 5],
  ['SET a "b"\r\n', 'bad-inline', 6],
  ["SET a 'b'\r\n", 'bad-inline', 6],
  ['SET \0\r\n', 'bad-inline', 4],
  ['S\xe4T\r\n', 'bad-inline', 1],
  ['*3\r\n', 'too-many', 1, { maxArguments: 2 }],
  ['*10\r\n', 'too-many', 2, { maxArguments: 2 }],
  ['*-10\r\n', 'too-many', 3, { maxArguments: 2 }],
  ['*99999999999999999999\r\n', 'too-many', 8],
  ['*1\r\n$5\r\n', 'too-long', 5, { maxArgumentBytes: 4 }],
  ['*1\r\n$10\r\n', 'too-long', 6, { maxArgumentBytes: 4 }],
  ['*1\r\n$536870913\r\n', 'too-long', 13],
  ['*2\r\n$3\r\nDEL\r\n$3\r\n', 'command-too-long', 13, { maxCommandBytes: 21 }],
  ['PING\r\n', 'inline-too-long', 4, { maxInlineBytes: 4 }],
  ['PING', 'inline-too-long', 0, { maxInlineBytes: 0 }],
];

describe('decode failures', () => {
  for (const [input, code, at, limits] of cases) {
    it(`${JSON.stringify(input)} is ${code} at byte ${at}`, () => {
      const bytes = Uint8Array.from(Buffer.from(input, 'latin1'));
      const expected = { type: 'failure', code, offset: offset + at };

      const whole = new StreamDecoder(offset, limits);
      whole.push(bytes);
      expect(whole.next()).toMatchObject(expected);

      const slow = new StreamDecoder(offset, limits);
      for (const [i, byte] of bytes.entries()) {
        slow.push(Uint8Array.of(byte));
        if (i < at && code !== 'command-too-long') expect(slow.next()).toBeUndefined();
      }
      expect(slow.next()).toMatchObject(expected);
    });
  }

  it('gives the commands before the failure first, then sticks', () => {
    const decoder = new StreamDecoder(offset);
    decoder.push(Uint8Array.from(Buffer.from('*1\r\n$4\r\nPING\r\n!')));
    expect(decoder.next()).toMatchObject({ name: 'PING' });
    const failure = decoder.next();
    expect(failure).toMatchObject({ type: 'failure', code: 'bad-type', offset: offset + 14 });
    decoder.push(Uint8Array.from(Buffer.from('*1\r\n$4\r\nPING\r\n')));
    expect(decoder.next()).toBe(failure);
    expect(decoder.offset).toBe(offset + 14);
  });

  it('accepts what equals a limit', () => {
    const limits = { maxArguments: 2, maxArgumentBytes: 3, maxInlineBytes: 5, maxCommandBytes: 22 };
    const decoder = new StreamDecoder(0, limits);
    decoder.push(Uint8Array.from(Buffer.from('*2\r\n$3\r\nDEL\r\n$3\r\nkey\r\nPING\r\n')));
    expect(decoder.next()).toMatchObject({ name: 'DEL', end: 22 });
    expect(decoder.next()).toMatchObject({ name: 'PING', end: 28 });
  });
});
