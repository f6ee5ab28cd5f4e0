import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CommandEncoder, encodeHead, slabBytes } from './command-encoder.ts';

/** The slow, obvious encoding. */
function oracle(args: readonly (string | Uint8Array)[]): string {
  const texts = args.map((arg) => (typeof arg === 'string' ? arg : Buffer.from(arg).toString('latin1')));
  return `*${args.length}\r\n${texts.map((text) => `$${text.length}\r\n${text}\r\n`).join('')}`;
}

const byteString = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const argument = fc.oneof(byteString, fc.uint8Array({ maxLength: 60 }));

it('encodes as the oracle does, and what it gave stays as it was', () => {
  const encoder = new CommandEncoder();
  const given: { bytes: Buffer; text: string }[] = [];
  fc.assert(
    fc.property(
      fc.array(argument, { minLength: 1, maxLength: 5 }),
      byteString,
      fc.array(argument),
      (head, key, args) => {
        const bytes = encoder.encode(encodeHead(head), head.length, key, args);
        const text = oracle([...head, key, ...args]);
        expect(bytes.toString('latin1')).toBe(text);
        given.push({ bytes, text });
      },
    ),
  );
  for (const { bytes, text } of given) expect(bytes.toString('latin1')).toBe(text);
});

it('fills slabs and gives long commands buffers of their own', () => {
  const encoder = new CommandEncoder();
  const head = encodeHead(['EVALSHA']);
  const given: { bytes: Buffer; text: string }[] = [];
  for (const length of [0, 9, 10, 24, 25, 99, 100, 70_000, slabBytes / 4, 200_000, 2 * slabBytes]) {
    for (let i = 0; i < 5; i++) {
      const args = [String(i).repeat(length), new Uint8Array(length).fill(i)];
      given.push({ bytes: encoder.encode(head, 1, 'k', args), text: oracle(['EVALSHA', 'k', ...args]) });
    }
  }
  for (const { bytes, text } of given) expect(bytes.equals(Buffer.from(text, 'latin1'))).toBe(true);
});
