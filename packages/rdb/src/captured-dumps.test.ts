import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withBody } from '../test-support/payload.ts';
import { type Plain, plainOf, toldOf } from '../test-support/plain-value.ts';
import { decodeDump, encodeDump, type Flavour, type RdbValue } from './index.ts';

/** Captured by `test/rdb/capture-dumps.ts`. */
const folder = new URL('fixtures/', import.meta.url);
const servers = readdirSync(folder).map((name) => name.replace('.ndjson', ''));

interface Captured {
  readonly title: string;
  readonly payload: string;
  readonly value: Plain;
}

function captured(server: string): Captured[] {
  const [, ...lines] = readFileSync(new URL(`${server}.ndjson`, folder), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Captured);
}

function decoded(payload: Uint8Array): RdbValue {
  const dump = decodeDump(payload);
  if (!dump.ok) throw new Error(`${dump.failure.code}: ${dump.failure.text}`);
  return dump.value;
}

/** Types that a payload of each server has to have occurred in: all that it writes. */
const written: Readonly<Record<string, readonly number[]>> = {
  'redis-7.0': [0, 2, 4, 5, 11, 16, 17, 18, 19],
  'redis-8.0': [0, 2, 4, 5, 11, 16, 17, 18, 20, 21, 24, 25],
  'redis-8.6': [0, 2, 4, 5, 11, 16, 17, 18, 20, 24, 25, 26],
  'valkey-8.1': [0, 2, 4, 5, 11, 16, 17, 18, 20, 21],
  'valkey-9.1': [0, 2, 4, 5, 11, 16, 17, 18, 20, 21, 22],
};

it('there is a capture of every server', () => {
  expect(servers.sort()).toEqual(Object.keys(written).sort());
});

describe.each(servers)('dumps of %s', (server) => {
  const dumps = captured(server);
  const bytesOf = ({ payload }: Captured): Uint8Array => Uint8Array.from(Buffer.from(payload, 'base64'));

  it('are of all types', () => {
    const types = new Set(dumps.map((dump) => bytesOf(dump)[0]!));
    expect([...types].sort((a, b) => a - b)).toEqual(written[server]);
  });

  it.each(dumps)('$title decodes to what commands read', (dump) => {
    expect(toldOf(decoded(bytesOf(dump)))).toEqual(dump.value);
  });

  it.each(dumps)('$title comes through encoding', (dump) => {
    const value = decoded(bytesOf(dump));
    const flavour: Flavour = server.startsWith('valkey') ? 'valkey' : 'redis';
    if (value.kind === 'module') throw new Error('No module was captured.');
    expect(plainOf(decoded(encodeDump(value, { flavour })))).toEqual(plainOf(value));
  });

  it.each(dumps)('$title is refused when it is cut anywhere', (dump) => {
    const whole = bytesOf(dump);
    const body = whole.length - 10;
    const step = Math.ceil(body / 500);
    for (let length = 1; length < body; length += step) {
      const cut = decodeDump(withBody(whole, whole.subarray(0, length)));
      expect(cut.ok).toBe(false);
    }
    expect(decodeDump(whole.subarray(0, -1)).ok).toBe(false);
  });

  it.each(dumps)('$title is refused with a byte to spare', (dump) => {
    const whole = bytesOf(dump);
    const longer = withBody(whole, Uint8Array.from([...whole.subarray(0, -10), 0]));
    expect(decodeDump(longer)).toMatchObject({ failure: { code: 'trailing-bytes', position: whole.length - 10 } });
  });
});

it('what a stream remembers of its producers is kept', () => {
  const dump = captured('redis-8.6').find(({ title }) => title === 'a stream with producers')!;
  const value = decoded(Buffer.from(dump.payload, 'base64'));
  if (value.kind !== 'stream') throw new Error('No stream.');
  const [first, second, third] = value.entries.map(({ ms, seq }) => `${ms}-${seq}`);
  expect(plainOf(value)).toMatchObject({
    idempotency: {
      producers: [
        ['another', [['message-1', third]]],
        [
          'producer',
          [
            ['message-1', first],
            ['message-2', second],
          ],
        ],
      ],
      added: '3',
      duplicates: '1',
    },
  });
});
