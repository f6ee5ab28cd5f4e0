import { describe, expect, it } from 'vitest';
import { fromByteString } from '../bytes/byte-string.ts';
import { idFrom } from '../commands/stream-cells.ts';
import type { KeyContent } from '../entry/entry.ts';
import { contentDigest } from './content-digest.ts';

const bytes = fromByteString;
const id = (n: number): string => idFrom(BigInt(n), 0n);
const delivery = (n: number, consumer: string, timeMs: number) => ({ id: id(n), consumer, timeMs, count: 1 });
const stream = (pending: ReturnType<typeof delivery>[], consumers: string[], entriesRead: number): KeyContent => ({
  kind: 'stream',
  entries: [[id(1), [bytes('f'), bytes('v')]]],
  lastId: id(2),
  groups: [{ name: 'g', lastId: id(1), entriesRead, consumers, pending }],
});

describe('contentDigest', () => {
  const same: readonly (readonly [string, KeyContent, KeyContent])[] = [
    ['the order of members', { kind: 'set', members: ['a', 'b'] }, { kind: 'set', members: ['b', 'a'] }],
    ['the sign of zero', { kind: 'zset', members: [['a', -0]] }, { kind: 'zset', members: [['a', 0]] }],
    [
      'the order of fields',
      {
        kind: 'hash',
        fields: [
          ['a', bytes('1'), null],
          ['b', bytes('2'), 5],
        ],
      },
      {
        kind: 'hash',
        fields: [
          ['b', bytes('2'), 5],
          ['a', bytes('1'), null],
        ],
      },
    ],
    [
      'times of deliveries, idle consumers, deliveries of what is gone, estimates of a lag',
      stream([delivery(1, 'c', 7), delivery(2, 'c', 7)], ['c', 'idle'], 3),
      stream([delivery(1, 'c', 9)], ['c'], -1),
    ],
  ];
  it.each(same)('does not depend on %s', (_, one, other) => {
    expect(contentDigest(one, null)).toBe(contentDigest(other, null));
  });

  const different: readonly (readonly [string, KeyContent | null, KeyContent | null])[] = [
    ['values', { kind: 'string', value: bytes('1') }, { kind: 'string', value: bytes('2') }],
    ['kinds', { kind: 'list', elements: [] }, { kind: 'set', members: [] }],
    ['absence', null, { kind: 'string', value: bytes('') }],
    [
      'the order of a list',
      { kind: 'list', elements: [bytes('1'), bytes('2')] },
      { kind: 'list', elements: [bytes('2'), bytes('1')] },
    ],
    [
      'when a field expires',
      { kind: 'hash', fields: [['a', bytes('1'), 5]] },
      { kind: 'hash', fields: [['a', bytes('1'), 6]] },
    ],
    ['who has an entry', stream([delivery(1, 'c', 7)], ['c'], 1), stream([delivery(1, 'd', 7)], ['d'], 1)],
  ];
  it.each(different)('tells %s', (_, one, other) => {
    expect(contentDigest(one, null)).not.toBe(contentDigest(other, null));
  });

  it('tells expiries of what is there', () => {
    const content: KeyContent = { kind: 'string', value: bytes('1') };
    expect(contentDigest(content, 1)).not.toBe(contentDigest(content, 2));
    expect(contentDigest(content, 1)).toHaveLength(8);
    expect(contentDigest(null, 1)).toBe(contentDigest(null, null));
  });

  it('says nothing of modules', () => {
    expect(contentDigest({ kind: 'module', payload: bytes('x') }, null)).toBeUndefined();
  });
});
