/**
 * Payloads in encodings that servers still read and no longer write: plain lists, sorted sets with scores as texts,
 * zipmaps, and ziplists of every kind of element.
 */
import { bytesOf, little, payload, string, ziplist } from './payload.ts';
import type { Plain } from './plain-value.ts';

const medium = 'm'.repeat(300);
const long = 'l'.repeat(20_000);

/** One element of each encoding. */
const ziplistOfAll = ziplist(
  'short',
  medium,
  long,
  bytesOf(0xf1),
  bytesOf(0xfd),
  bytesOf(0xfe, 0x80),
  bytesOf(0xc0, little(-300, 2)),
  bytesOf(0xf0, little(-70_000, 3)),
  bytesOf(0xd0, little(-2_000_000_000, 4)),
  bytesOf(0xe0, little(-(2n ** 63n), 8)),
  bytesOf(0xe0, little(9_007_199_254_740_993n, 8)),
  '',
);
const allElements = [
  ...['short', medium, long, '0', '12', '-128', '-300', '-70000', '-2000000000'],
  ...['-9223372036854775808', '9007199254740993', ''],
];

export const oldPayloads: Readonly<Record<string, { readonly payload: Uint8Array; readonly value: Plain }>> = {
  'a plain list': {
    payload: payload(9, 'right', 1, 3, string('a'), 0xc0, 0x85, 0xc1, little(-300, 2)),
    value: { kind: 'list', elements: ['a', '-123', '-300'] },
  },
  'a sorted set with scores as texts': {
    payload: payload(9, 'right', 3, 4, 1, 'a', 3, '1.5', 1, 'b', 255, 1, 'c', 254, 1, 'd', 6, '-1e-07'),
    value: {
      kind: 'zset',
      members: [
        ['a', '1.5'],
        ['b', '-Infinity'],
        ['c', 'Infinity'],
        ['d', '-1e-7'],
      ],
    },
  },
  'a zipmap': {
    payload: payload(9, 'right', 9, string(2, 1, 'a', 3, 2, 'one', '..', 254, little(300, 4), medium, 0, 0, 255)),
    value: {
      kind: 'hash',
      fields: [
        ['a', 'one', null],
        [medium, '', null],
      ],
    },
  },
  'a ziplist as a list': {
    payload: payload(9, 'right', 10, string(ziplistOfAll)),
    value: { kind: 'list', elements: allElements },
  },
  'a ziplist as a sorted set': {
    payload: payload(9, 'right', 12, string(ziplist('a', bytesOf(0xf8), 'b', '7.25', 'c', 'inf'))),
    value: {
      kind: 'zset',
      members: [
        ['a', '7'],
        ['b', '7.25'],
        ['c', 'Infinity'],
      ],
    },
  },
  'a ziplist as a hash': {
    payload: payload(9, 'right', 13, string(ziplist('a', bytesOf(0xf8), 'b', ''))),
    value: {
      kind: 'hash',
      fields: [
        ['a', '7', null],
        ['b', '', null],
      ],
    },
  },
  'a list of ziplists': {
    payload: payload(9, 'right', 14, 2, string(ziplistOfAll), string(ziplist('last'))),
    value: { kind: 'list', elements: [...allElements, 'last'] },
  },
};
