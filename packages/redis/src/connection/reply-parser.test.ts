import { describe, expect, it } from 'vitest';
import { ErrorReply, type Reply, ReplyParser } from './reply-parser.ts';

const wire = '+PONG\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nb\xff\r\n$-1\r\n*-1\r\n*3\r\n$0\r\n\r\n*1\r\n:7\r\n-NOPERM x\r\n';
const replies: Reply[] = [
  'PONG',
  new ErrorReply('ERR no'),
  -42,
  'a\r\nb\xff',
  null,
  null,
  ['', [7], new ErrorReply('NOPERM x')],
];

function drain(parser: ReplyParser): Reply[] {
  const found: Reply[] = [];
  for (;;) {
    const result = parser.next();
    if (result.kind !== 'reply') return found;
    found.push(result.reply);
  }
}

describe('ReplyParser', () => {
  it('reads replies whole and leaves what trails', () => {
    const parser = new ReplyParser();
    parser.push(Buffer.from(`${wire}+OK`, 'latin1'));
    expect(drain(parser)).toEqual(replies);
    expect(parser.takeRest().toString()).toBe('+OK');
  });

  it('reads replies byte by byte', () => {
    const parser = new ReplyParser();
    const found: Reply[] = [];
    for (const byte of Buffer.from(wire, 'latin1')) {
      parser.push(Buffer.of(byte));
      found.push(...drain(parser));
    }
    expect(found).toEqual(replies);
  });

  it.each([
    'HTTP/1.1 400 Bad Request\r\n',
    'SSH-2.0-OpenSSH_9.2\r\n',
    '* OK IMAP4rev1\r\n',
    '$x\r\n',
    '$-7\r\n',
    '*99999999999\r\n',
    '*1\r\n'.repeat(10),
  ])('calls %j malformed, and goes on saying so', (text) => {
    const parser = new ReplyParser();
    parser.push(Buffer.from(text));
    expect(parser.next().kind).toBe('malformed');
    parser.push(Buffer.from('+OK\r\n'));
    expect(parser.next().kind).toBe('malformed');
  });
});
