import { describe, expect, it } from 'vitest';
import { oldPayloads } from '../test-support/old-payloads.ts';
import { bytesOf, listpack, little, payload, rawId, string } from '../test-support/payload.ts';
import { plainOf } from '../test-support/plain-value.ts';
import { decodeDump } from './index.ts';

const expiry = 2_000_000_000_000;

/** `test/rdb` has servers read the same payloads. */
describe('encodings that servers still read', () => {
  it.each(Object.entries(oldPayloads))('%s', (_, { payload, value }) => {
    const dump = decodeDump(payload);
    expect(dump.ok && plainOf(dump.value)).toEqual(value);
  });
});

describe('encodings of previews and of what is to come', () => {
  const hash = {
    kind: 'hash',
    fields: [
      ['a', '1', expiry],
      ['b', '2', null],
    ],
  };
  const long = bytesOf(0x81, little(expiry, 8).reverse());

  it('a hash with absolute expiries', () => {
    const dump = decodeDump(payload(12, 'right', 22, 2, long, 1, 'a', 1, '1', 0, 1, 'b', 1, '2'));
    expect(dump.ok && plainOf(dump.value)).toEqual(hash);
  });

  it('a packed hash with expiries, without the earliest', () => {
    const packed = listpack('a', '1', bytesOf(0xf4, little(expiry, 8)), 'b', '2', bytesOf(0));
    const dump = decodeDump(payload(12, 'right', 23, string(packed)));
    expect(dump.ok && plainOf(dump.value)).toEqual(hash);
  });

  it('a stream with entries that were handed back', () => {
    const consumer = [1, 'c', little(10, 8), little(11, 8), 1, rawId(1, 1)];
    const pending = [2, rawId(1, 1), little(5, 8), 1, rawId(1, 2), little(6, 8), 2];
    const group = [1, 'g', 1, 2, 2, ...pending, 1, ...consumer, 1, rawId(1, 2)];
    const dump = decodeDump(payload(14, 'right', 27, 0, 0, 1, 2, 0, 0, 1, 2, 2, 1, ...group, 60, 50, 0, 7, 8));
    expect(dump.ok && plainOf(dump.value)).toEqual({
      kind: 'stream',
      entries: [],
      lastId: '1-2',
      firstId: '0-0',
      maxDeletedId: '1-2',
      entriesAdded: '2',
      groups: [
        {
          name: 'g',
          lastId: '1-2',
          entriesRead: '2',
          pending: [
            ['1-1', 'c', 5, '1'],
            ['1-2', null, 6, '2'],
          ],
          consumers: [['c', 10, 11]],
          nacked: ['1-2'],
        },
      ],
      idempotency: { durationSeconds: '60', maxEntries: '50', producers: [], added: '7', duplicates: '8' },
    });
  });

  it('a value of a module is named and left alone', () => {
    // "ReJSON-RL" in the 64 letters of module types, and version 3.
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    let id = 0n;
    for (const letter of 'ReJSON-RL') id = (id << 6n) | BigInt(letters.indexOf(letter));
    const head = bytesOf(0x81, little((id << 10n) | 3n, 8).reverse());
    const parts = [1, 5, 2, long, 3, little(0, 4), 4, little(0, 8), 5, string('{}'), 0];
    expect(decodeDump(payload(10, 'right', 7, head, ...parts))).toEqual({
      ok: true,
      value: { kind: 'module', type: 'ReJSON-RL', encodingVersion: 3 },
      rdbVersion: 10,
      flavour: 'redis',
    });
    expect(decodeDump(payload(10, 'right', 7, head, 6, 0))).toMatchObject({ failure: { code: 'bad-module' } });
  });
});
