import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ErrorReply } from '../connection/reply-parser.ts';
import { maxStringBytes, PushParser, type Value } from './push-parser.ts';

type Heard = readonly ['message', string, string, string] | readonly ['push' | 'reply', Value | readonly Value[]];

class Recorder {
  readonly heard: Heard[] = [];
  readonly parser: PushParser = new PushParser({
    message: (...parts) => void this.heard.push(['message', ...parts]),
    push: (values) => void this.heard.push(['push', values]),
    reply: (value) => void this.heard.push(['reply', value]),
  });
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const event = (db: number, kind: string, key: string): string =>
  `>4\r\n${bulk('pmessage')}${bulk(`__keyevent@*__:${kind}`)}${bulk(`__keyevent@${db}__:${kind}`)}${bulk(key)}`;
const heardEvent = (db: number, kind: string, key: string): Heard => [
  'message',
  `__keyevent@*__:${kind}`,
  `__keyevent@${db}__:${kind}`,
  key,
];

const anyKey = fc.oneof(
  fc.constantFrom('', '\r\n', '$3\r\n', '>4\r\n$8\r\npmessage\r\n'),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const anyItem: fc.Arbitrary<{ wire: string; heard: Heard }> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.nat({ max: 12 }), fc.constantFrom('expired', 'evicted'), anyKey)
      .map((parts) => ({ wire: event(...parts), heard: heardEvent(...parts) })),
  },
  fc.constantFrom<{ wire: string; heard: Heard }>(
    { wire: `>3\r\n${bulk('psubscribe')}${bulk('a*')}:1\r\n`, heard: ['push', ['psubscribe', 'a*', 1]] },
    { wire: '=12\r\ntxt:role:xyz\r\n', heard: ['reply', 'role:xyz'] },
    { wire: `%1\r\n${bulk('a')}${bulk('b')}`, heard: ['reply', ['a', 'b']] },
    { wire: '-NOPERM no\r\n', heard: ['reply', new ErrorReply('NOPERM no')] },
    { wire: '*4\r\n_\r\n#t\r\n,1.5\r\n(123\r\n', heard: ['reply', [null, true, 1.5, '123']] },
    { wire: '$-1\r\n', heard: ['reply', null] },
  ),
);

describe('PushParser', () => {
  it('hears everything in order, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(anyItem, { maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 90 })), (items, cuts) => {
        const bytes = Buffer.from(items.map(({ wire }) => wire).join(''), 'latin1');
        const { parser, heard } = new Recorder();
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = cuts.length === 0 ? bytes.length : cuts[i % cuts.length]!;
          expect(parser.push(bytes.subarray(at, at + size))).toBe(true);
          at += size;
        }
        expect(heard).toEqual(items.map((item) => item.heard));
      }),
      { numRuns: 500 },
    );
  });

  it('reads byte by byte', () => {
    const { parser, heard } = new Recorder();
    const wire = event(0, 'expired', 'a\r\n\xff') + event(0, 'expired', '') + event(3, 'evicted', 'b');
    for (const byte of Buffer.from(wire, 'latin1')) parser.push(Buffer.of(byte));
    expect(heard).toEqual([
      heardEvent(0, 'expired', 'a\r\n\xff'),
      heardEvent(0, 'expired', ''),
      heardEvent(3, 'evicted', 'b'),
    ]);
  });

  it('reads a large key that comes in many pieces', () => {
    const { parser, heard } = new Recorder();
    const key = 'k'.repeat(8_000_000);
    const bytes = Buffer.from(event(0, 'expired', 'x') + event(0, 'expired', key), 'latin1');
    for (let at = 0; at < bytes.length; at += 4096) parser.push(bytes.subarray(at, at + 4096));
    expect(heard[1]).toEqual(heardEvent(0, 'expired', key));
  });

  it.each(['HTTP/1.1 400\r\n', '$x\r\n', `$${maxStringBytes + 1}\r\n`, '*99999999\r\n', '*1\r\n'.repeat(12)])(
    'calls %j nonsense, and goes on saying so',
    (wire) => {
      const { parser } = new Recorder();
      expect(parser.push(Buffer.from(wire))).toBe(false);
      expect(parser.push(Buffer.from('+OK\r\n'))).toBe(false);
    },
  );
});
