import { describe, expect, it } from 'vitest';
import { maxLineBytes, type PsyncEvent, PsyncReader } from './psync-reader.ts';

const id = 'a'.repeat(40);
const mark = 'f0'.repeat(20);
const emptyRdb = `REDIS0010\xfa\x0erepl-stream-db\xc0\x02\xff12345678`;
const stream = '*1\r\n$4\r\nPING\r\n';
const full: PsyncEvent = { kind: 'full', replicationId: id, offset: 1234, empty: true, streamDb: 2 };

/** Events of bytes fed in pieces of `size`, neighbouring stream bytes joined. */
function read(text: string, size: number): (PsyncEvent | string)[] {
  const reader = new PsyncReader();
  const bytes = Buffer.from(text, 'latin1');
  const events: (PsyncEvent | string)[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const event of reader.read(bytes.subarray(at, at + size))) {
      if (event.kind !== 'bytes') events.push(event);
      else if (typeof events.at(-1) === 'string') events.push(events.pop() + event.chunk.toString('latin1'));
      else events.push(event.chunk.toString('latin1'));
    }
  }
  return events;
}

const cases: [string, string, (PsyncEvent | string)[]][] = [
  ['+CONTINUE with a new id', `+CONTINUE ${id}\r\n${stream}`, [{ kind: 'continue', replicationId: id }, stream]],
  ['+CONTINUE alone', `\n\n+CONTINUE\r\n${stream}`, [{ kind: 'continue', replicationId: undefined }, stream]],
  [
    'an RDB by length',
    `\n+FULLRESYNC ${id} 1234\r\n\n\n$${emptyRdb.length}\r\n${emptyRdb}${stream}`,
    [{ kind: 'snapshot' }, full, stream],
  ],
  [
    'an RDB up to its mark',
    `+FULLRESYNC ${id} 1234\r\n\n$EOF:${mark}\r\n${emptyRdb}${mark}${stream}${stream}`,
    [{ kind: 'snapshot' }, full, stream + stream],
  ],
  ['a refusal', "-NOMASTERLINK Can't SYNC\r\n", [{ kind: 'refused', reply: "NOMASTERLINK Can't SYNC" }]],
  ['a refusal behind keepalives', '\n\n-LOADING wait\r\n', [{ kind: 'refused', reply: 'LOADING wait' }]],
  ['garbage', 'HTTP/1.1 400\r\nDate: x\r\n', [{ kind: 'malformed', start: 'HTTP/1.1 400' }]],
  [
    'something else than an RDB',
    `+FULLRESYNC ${id} 1\r\n$12\r\nNOTANRDBATALL`,
    [{ kind: 'snapshot' }, { kind: 'malformed', start: 'NOTANRDBA' }],
  ],
];

describe('PsyncReader', () => {
  it.each(cases)('reads %s in pieces of any size', (_, text, expected) => {
    for (let size = 1; size <= text.length; size++) expect(read(text, size)).toEqual(expected);
  });

  it('passes over a long RDB without keeping it', () => {
    const reader = new PsyncReader();
    const piece = Buffer.alloc(65_536, 1);
    const start = Buffer.from('REDIS0010\xfe\x00', 'latin1');
    reader.read(Buffer.from(`+FULLRESYNC ${id} 9\r\n$${start.length + 1000 * piece.length}\r\n`));
    reader.read(start);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 1; i < 1000; i++) expect(reader.read(piece)).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * piece.length);
    expect(reader.read(piece)).toEqual([{ kind: 'full', replicationId: id, offset: 9, empty: false, streamDb: -1 }]);
    expect(reader.streaming).toBe(true);
  });

  it('limits the answer line', () => {
    expect(read(`+${'x'.repeat(2 * maxLineBytes)}`, 100)).toEqual([{ kind: 'malformed', start: `+${'x'.repeat(63)}` }]);
  });
});
