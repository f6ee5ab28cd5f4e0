/** Entries and their bytes, which are the format, and what tests of it need. */
import { ByteWriter } from '../src/bytes/byte-writer.ts';
import { crc32 } from '../src/bytes/crc32.ts';
import type { Entry, KeyContent, Op } from '../src/entry/entry.ts';
import { encodeEntry, entrySchema } from '../src/entry/entry-codec.ts';

/** Entries as bytes. */
export function encoded(...entries: readonly Entry[]): Uint8Array {
  const writer = new ByteWriter(16);
  for (const entry of entries) encodeEntry(writer, entry);
  return writer.take();
}

/** A body under a checksum that fits it. */
export function sealed(body: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writer.u32(body.length);
  writer.u32(crc32(body));
  writer.raw(body);
  return writer.take();
}

/** An entry of another schema with the same body. */
export function ofSchema(schema: number, golden: string): Uint8Array {
  const body = Uint8Array.from(Buffer.from(golden, 'hex')).subarray(8);
  body[0] = schema;
  return sealed(body);
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

export const at = { db: 0, index: 0, key: 'k' };
export const unit = (...ops: Op[]): Entry => ({ type: 'unit', seq: 1, time: 4097, priority: 3, ops });

const stateOf = (content: KeyContent): Entry => unit({ ...at, type: 'state', content, expiry: null, covers: null });
/** A stream ID: 1-2. */
const id = '\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02';

/** An entry of each type of op of schema 1. */
const firstGoldens: readonly (readonly [string, Entry, string])[] = [
  [
    'heartbeat',
    { type: 'heartbeat', seq: 9, time: 4097, priority: 3, received: 4096 },
    '08000000d0af07370102098120038020',
  ],
  ['unit without ops', unit(), '07000000a2eaa28b01010181200300'],
  [
    'assign',
    unit({ ...at, type: 'assign', value: ascii('v'), expiry: null }),
    '0d0000002a9518bc010101812003010100016b0176',
  ],
  [
    'assign until',
    unit({ ...at, type: 'assign', value: ascii('v'), expiry: 1_700_000_000_000 }),
    '13000000132a899a010101812003010200016b017680d095ffbc31',
  ],
  [
    'assign, expiry kept',
    unit({ ...at, type: 'assign', value: ascii(''), expiry: 'keep' }),
    '0c0000001723bb7c010101812003010300016b00',
  ],
  ['delete', unit({ ...at, db: 15, type: 'delete' }), '0b0000006caf2dfe01010181200301040f016b'],
  [
    'expire',
    unit({ ...at, type: 'expire', at: 1_700_000_000_000 }),
    '110000006744175b010101812003010500016b80d095ffbc31',
  ],
  ['persist', unit({ ...at, type: 'expire', at: null }), '0b000000da20785f010101812003010600016b'],
  [
    'field',
    unit({ ...at, type: 'field', field: 'f', value: ascii('\u00e9') }),
    '100000002b999bba010101812003010700016b016602c3a9',
  ],
  ['field removed', unit({ ...at, type: 'field', field: '', value: null }), '0c00000006126b0b010101812003010800016b00'],
  [
    'member',
    unit({ ...at, type: 'member', member: '\xff', present: true }),
    '0d000000c32c2fc4010101812003010900016b01ff',
  ],
  [
    'member removed',
    unit({ ...at, type: 'member', member: 'm', present: false }),
    '0d00000005acba5c010101812003010a00016b016d',
  ],
  [
    'score',
    unit({ ...at, type: 'score', member: 'm', score: -1.5 }),
    '15000000105ecff1010101812003010b00016b016d000000000000f8bf',
  ],
  [
    'score removed',
    unit({ ...at, type: 'score', member: 'm', score: null }),
    '0d000000184fe38a010101812003010c00016b016d',
  ],
  [
    'count of a string',
    unit({ ...at, type: 'count', cell: 'string', field: '', base: { stable: 4096 }, sum: -3n, by: 2n, previous: 0 }),
    '110000000160024a010101812003010d00016b018020050400',
  ],
  [
    'count of a field',
    unit({
      ...at,
      ...{ type: 'count', cell: 'hash', field: 'f', sum: 2n ** 63n - 1n, by: 1n, previous: 4096 },
      base: { exact: { time: 4096, priority: 2, index: 1 } },
    }),
    '1f000000a8c27d0e010101812003010e00016b01660080200201feffffffffffffffff01028020',
  ],
  [
    'count of a score',
    unit({ ...at, type: 'count', cell: 'zset', field: 'm', base: { stable: 0 }, sum: 0n, by: -1n, previous: 1 }),
    '120000006b3393f5010101812003010f00016b016d0100000101',
  ],
  [
    'several ops, on one key and on others',
    unit(
      { ...at, type: 'assign', value: ascii('5'), expiry: null },
      { ...at, index: 2, type: 'expire', at: 5 },
      { ...at, index: 3, db: 1, type: 'delete' },
      { ...at, index: 4, type: 'member', member: 'm', present: true },
    ),
    '19000000680ce6a6010101812003040100016b013585050401016b0900016b016d',
  ],
];

/** Entries that schema 2 brought. */
export const secondGoldens: readonly (readonly [string, Entry, string])[] = [
  [
    'joined',
    { type: 'unit', seq: 1, time: 4097, priority: 3, ops: [{ ...at, type: 'delete' }], joined: true },
    '0b0000006d5e6668020301812003010400016b',
  ],
  [
    'heartbeat with a cut',
    { type: 'heartbeat', seq: 9, time: 4097, priority: 3, received: 4096, cut: 4095 },
    '0a000000906c89000204098120038020ff1f',
  ],
  [
    'end',
    unit({
      ...at,
      type: 'end',
      covers: [
        [1, 4096],
        [2, 5],
      ],
      expires: false,
    }),
    '1100000056140794020101812003011000016b020180200205',
  ],
  [
    'end by expiry',
    unit({ ...at, type: 'end', covers: [], expires: true }),
    '0c00000005350511020101812003011100016b00',
  ],
  [
    'range of scores',
    unit({ ...at, type: 'range', by: 'score', min: '-inf', max: '(5' }),
    '130000009ddcc6f9020101812003011200016b042d696e66022835',
  ],
  [
    'range of members',
    unit({ ...at, type: 'range', by: 'lex', min: '[a', max: '+' }),
    '10000000b1467597020101812003011300016b025b61012b',
  ],
  [
    'bit on',
    unit({ ...at, type: 'bit', offset: 4_294_967_295, on: true }),
    '10000000de8c08c0020101812003011400016bffffffff0f',
  ],
  ['bit off', unit({ ...at, type: 'bit', offset: 7, on: false }), '0c0000006606e17a020101812003011500016b07'],
  ['sketch', unit({ ...at, type: 'sketch', element: 'e' }), '0d000000198abf9b020101812003011600016b0165'],
  ['sketch made', unit({ ...at, type: 'sketch', element: null }), '0b00000021763f2e020101812003011700016b'],
  [
    'stream cell',
    unit({ ...at, type: 'stream', cell: 'c', value: [ascii('f'), ascii('v')] }),
    '120000008910f5df020101812003011800016b01630201660176',
  ],
  [
    'stream cell removed',
    unit({ ...at, type: 'stream', cell: 'c', value: null }),
    '0d000000f99d8a83020101812003011900016b0163',
  ],
  [
    'trim',
    unit({ ...at, type: 'trim', before: id }),
    '1c000000acff3834020101812003011a00016b1000000000000000010000000000000002',
  ],
  [
    'guarded, adding',
    unit({
      ...at,
      type: 'guarded',
      kind: 'list',
      base: { stable: 4096 },
      args: [ascii('RPUSH'), ascii('k')],
      adds: true,
    }),
    '18000000c56dab7b020101812003011b00016b0d01802002055250555348016b',
  ],
  [
    'guarded, a note of it',
    unit({ ...at, type: 'guarded', kind: 'module', base: null, args: [ascii('X')], adds: false }),
    '0f000000471ccdd5020101812003011b00016b03010158',
  ],
  [
    'guarded, adding again',
    unit({ ...at, type: 'guarded', kind: 'list', base: null, args: [ascii('X')], adds: true, again: true }),
    '0f0000000414bfa0020101812003011b00016b15010158',
  ],
  [
    'state of no key',
    unit({ ...at, type: 'state', content: null, expiry: null, covers: null }),
    '0c000000b4f195e9020101812003011c00016b00',
  ],
  [
    'state of a string and what follows it',
    unit(
      { ...at, type: 'state', content: { kind: 'string', value: ascii('v') }, expiry: 5, covers: [[1, 2]] },
      { ...at, index: 2, type: 'delete' },
    ),
    '130000002a704867020101812003021c00016b1905010102017684',
  ],
  [
    'state of a list',
    stateOf({ kind: 'list', elements: [ascii('a'), ascii('')] }),
    '100000008f905f7f020101812003011c00016b0202016100',
  ],
  [
    'state of a set',
    stateOf({ kind: 'set', members: ['a', '\xff'] }),
    '11000000c5233f50020101812003011c00016b0302016101ff',
  ],
  [
    'state of a sorted set',
    stateOf({
      kind: 'zset',
      members: [
        ['a', -0],
        ['b', Infinity],
      ],
    }),
    '21000000e5da9025020101812003011c00016b0402016100000000000000800162000000000000f07f',
  ],
  [
    'state of a hash',
    stateOf({
      kind: 'hash',
      fields: [
        ['f', ascii('v'), null],
        ['g', ascii(''), 300],
      ],
    }),
    '180000006ce27069020101812003011c00016b0502016601760001670001ac02',
  ],
  [
    'state of a stream',
    stateOf({
      kind: 'stream',
      entries: [[id, [ascii('f'), ascii('v')]]],
      lastId: id,
      groups: [
        {
          name: 'g',
          lastId: id,
          entriesRead: -1,
          consumers: ['c'],
          pending: [{ id, consumer: 'c', timeMs: 300, count: 2 }],
        },
        { name: 'h', lastId: id, entriesRead: 4, consumers: [], pending: [] },
      ],
    }),
    '7a00000089267bb3020101812003011c00016b06011000000000000000010000000000000002020166017610000000000000000100000000000000020201671000000000000000010000000000000002000101630110000000000000000100000000000000020163ac02020168100000000000000001000000000000000201040000',
  ],
  [
    'state of a module value',
    stateOf({ kind: 'module', payload: ascii('p') }),
    '0e000000a4049b47020101812003011c00016b070170',
  ],
  [
    'want',
    unit({ ...at, type: 'want', version: { time: 4096, priority: 2, index: 1 } }),
    '0f000000519a5bec020101812003011d00016b80200201',
  ],
  [
    'check',
    unit({ ...at, type: 'check', digest: '12345678', covers: [[2, 4096]] }),
    '180000008201e26a020101812003012300016b08313233343536373801028020',
  ],
  [
    'refill',
    unit({ ...at, type: 'refill', content: { kind: 'set', members: ['a'] }, expiry: 5, cut: 4096 }),
    '120000000841b2a6020101812003012500016b13802005010161',
  ],
  ['flush', unit({ ...at, key: '', type: 'flush' }), '0a00000029dbc7fc020101812003011e0000'],
  [
    'library',
    unit({ ...at, type: 'library', code: ascii('#!lua name=k') }),
    '1800000054ce9d17020101812003011f00016b0c23216c7561206e616d653d6b',
  ],
  ['library removed', unit({ ...at, type: 'library', code: null }), '0b00000039b6c343020101812003012000016b'],
  [
    'publish',
    unit({ ...at, type: 'publish', message: ascii('m'), sharded: false }),
    '0d0000003e351b8c020101812003012100016b016d',
  ],
  [
    'publish on a shard',
    unit({ ...at, type: 'publish', message: ascii('m'), sharded: true }),
    '0d00000090478f0a020101812003012200016b016d',
  ],
];

/** Entries as they stand in logs of schema 2. */
export const oldGoldens: readonly (readonly [string, Entry, string])[] = [
  ...firstGoldens.map(([name, entry, golden]) => [name, entry, hex(ofSchema(2, golden))] as const),
  ...secondGoldens,
];

/** Entries that schema 3 brought. The bytes are the format: they change with `entrySchema` only. */
export const newGoldens: readonly (readonly [string, Entry, string])[] = [
  [
    'heartbeat with a lead',
    { type: 'heartbeat', seq: 9, time: 4097, priority: 3, received: 4096, lead: 40_000 },
    '0c000000d01775b4030509812003802000c0b802',
  ],
  [
    'heartbeat with a cut and a lead',
    { type: 'heartbeat', seq: 9, time: 4097, priority: 3, received: 4096, cut: 4095, lead: 40_000 },
    '0d000000fb38f04a0305098120038020ff1fc0b802',
  ],
  [
    'unit that tells what was seen',
    { ...unit({ ...at, type: 'delete' }), seen: [[2, 4096]] },
    '0f0000008c933a8803090181200301028020010400016b',
  ],
  [
    'joined, likewise',
    { ...unit({ ...at, type: 'delete' }), joined: true, seen: [[2, 0]] } as Entry,
    '0e0000005b5c453b030b01812003010200010400016b',
  ],
  [
    'answer that a key cannot be told',
    { ...unit({ ...at, type: 'want', version: { time: 4096, priority: 2, index: 1 }, untold: true }), seen: [] },
    '100000007100d84f03090181200300012600016b80200201',
  ],
  [
    'state told again',
    { ...unit({ ...at, type: 'state', content: null, expiry: null, covers: [[1, 2]], again: true }), seen: [] },
    '1000000095b0342003090181200300012700016b08010102',
  ],
  [
    'heartbeat that tells what was seen',
    {
      ...{ type: 'heartbeat', seq: 9, time: 4097, priority: 3, received: 4096 },
      seen: [
        [1, 4096],
        [2, 5],
      ],
    },
    '0e00000017509f5d030a098120030201802002058020',
  ],
  [
    'heartbeat with a cut, likewise',
    { type: 'heartbeat', seq: 9, time: 4097, priority: 3, received: 4096, cut: 4095, seen: [] },
    '0b000000124f7a59030c09812003008020ff1f',
  ],
  [
    'heartbeat that tells who is out',
    {
      ...{ type: 'heartbeat', seq: 9, time: 4097, priority: 3, received: 4096 },
      out: [{ site: 'b', received: 4095, inForce: true }],
    },
    '10000000a4d1d2b203060981200380200000010162ff1f01',
  ],
  [
    'heartbeat that tells everything',
    {
      ...{ type: 'heartbeat', seq: 9, time: 4097, priority: 3, received: 4096, cut: 4095, lead: 40_000 },
      ...{ seen: [[1, 4096]], out: [] },
    },
    '12000000daf70bbd030e09812003010180208020ff1fc0b80200',
  ],
  [
    'unit that passes on',
    {
      ...{ type: 'unit', seq: 1, time: 4097, priority: 3, ops: [] },
      relay: { origin: 'b/0/1', first: 7, last: 8, body: Uint8Array.of(1, 2) },
    },
    '11000000b495fd0d03070181200305622f302f310708020102',
  ],
];

/** What is written now: schema 3 changed nothing of schema 2 but its number. */
export const goldens: readonly (readonly [string, Entry, string])[] = [
  ...oldGoldens.map(([name, entry, golden]) => [name, entry, hex(ofSchema(entrySchema, golden))] as const),
  ...newGoldens,
];
