/**
 * Commands that make a key of every type and encoding: small and packed, large, of integers, binary, compressible.
 *
 * Which of them a server packs depends on the sizes; both sides of its usual limits are drawn.
 */
import fc from 'fast-check';

export type Word = string | number | Buffer;

/** Commands on the key `k`. */
export type Recipe = readonly (readonly Word[])[];

const integers = fc.oneof(
  fc.integer({ min: -200, max: 200 }).map(String),
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
);
const binary = fc.uint8Array({ maxLength: 90 }).map((bytes) => Buffer.from(bytes));
const nearlyIntegers = fc.constantFrom(
  '',
  '-',
  '-0',
  '00',
  '+1',
  '1.0',
  ' 1',
  '9223372036854775808',
  '-9223372036854775809',
);
const compressible = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.integer({ min: 2, max: 900 }))
  .map(([bytes, times]) => Buffer.concat(Array.from({ length: times }, () => bytes)));
const large = fc.tuple(fc.nat({ max: 255 }), fc.integer({ min: 1000, max: 20_000 })).map(([seed, size]) => {
  const bytes = Buffer.alloc(size);
  for (let i = 0, state = seed; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    bytes[i] = state >> 16;
  }
  return bytes;
});

const text = fc.oneof(
  { weight: 4, arbitrary: integers },
  { weight: 4, arbitrary: binary },
  { weight: 1, arbitrary: nearlyIntegers },
  { weight: 1, arbitrary: compressible },
  { weight: 1, arbitrary: large },
) as fc.Arbitrary<Word>;

const small = fc.oneof(integers, binary) as fc.Arbitrary<Word>;

/** A few of anything, or many small ones that are told apart by their number. */
function some<T>(one: fc.Arbitrary<T>, many: (i: number) => T): fc.Arbitrary<T[]> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.array(one, { minLength: 1, maxLength: 12 }) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 200, max: 1200 }).map((n) => Array.from({ length: n }, (_, i) => many(i))),
    },
  );
}

const score = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('inf', '-inf', '-0', '0', '1e300', '5e-324', '3.141592653589793', '0.1', '9007199254740993'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);

const strings = text.map((value): Recipe => [['SET', 'k', value]]);
const lists = some(text, (i) => i * 1_000_003).map((words): Recipe => [['RPUSH', 'k', ...words]]);
const sets = fc
  .oneof(
    some(text, (i) => `member ${i}`),
    fc.array(integers as fc.Arbitrary<Word>, { minLength: 1, maxLength: 700 }),
  )
  .map((words): Recipe => [['SADD', 'k', ...words]]);
const zsets = some(fc.tuple(score, text), (i): [string, Word] => [`${i / 8}`, `member ${i}`]).map(
  (pairs): Recipe => [['ZADD', 'k', ...pairs.flat()]],
);
const pairsOfWords = some(fc.tuple(text, text), (i): [Word, Word] => [`field ${i}`, i]);
const hashes = pairsOfWords.map((pairs): Recipe => [['HSET', 'k', ...pairs.flat()]]);

/** Some fields expire: refused by servers that do not know it, which leaves an ordinary hash. */
const expiringHashes = fc
  .tuple(pairsOfWords, fc.array(fc.integer({ min: 1, max: 10 ** 9 }), { minLength: 1, maxLength: 5 }))
  .map(
    ([pairs, offsets]): Recipe => [
      ['HSET', 'k', ...pairs.flat()],
      ...offsets.map((offset, i) => {
        const [field] = pairs[i % pairs.length]!;
        return ['HPEXPIREAT', 'k', 2_000_000_000_000 + offset, 'FIELDS', 1, field];
      }),
    ],
  );

const names = fc.array(small, { minLength: 1, maxLength: 4 });
const groupNames = ['g', 'another group', Buffer.of(0, 255)];
const consumerNames = ['c', 'other', Buffer.of(1, 200)];

/** Entries with the same and with other names, deleted ones, groups that read, acknowledge and claim. */
const streams = fc
  .tuple(
    names,
    fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 2 }), fc.option(names), text), {
      minLength: 1,
      maxLength: 160,
    }),
    fc.array(fc.nat({ max: 159 }), { maxLength: 20 }),
    fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.integer({ min: 1, max: 60 }), fc.nat({ max: 5 })), {
      maxLength: 6,
    }),
    fc.boolean(),
  )
  .map(([common, entries, deletions, reads, huge]): Recipe => {
    let ms = huge ? 2n ** 63n + 5n : 1n;
    let seq = 0n;
    const ids = entries.map(([later, more]) => {
      if (later > 0) seq = 0n;
      ms += BigInt(later);
      seq += BigInt(more) + 1n;
      return `${ms}-${seq}`;
    });
    const groups = [...new Set(reads.map(([group]) => group))];
    return [
      ...entries.map(([, , own, value], i) => [
        'XADD',
        'k',
        ids[i]!,
        ...(own ?? common).flatMap((name) => [name, value]),
      ]),
      ...deletions.filter((i) => i < ids.length).map((i) => ['XDEL', 'k', ids[i]!]),
      ...groups.map((group) => ['XGROUP', 'CREATE', 'k', groupNames[group]!, group === 2 ? '$' : '0']),
      ...reads.flatMap(([group, consumer, count, acknowledged]) => [
        ['XREADGROUP', 'GROUP', groupNames[group]!, consumerNames[consumer]!, 'COUNT', count, 'STREAMS', 'k', '>'],
        ['XACK', 'k', groupNames[group]!, ids[acknowledged % ids.length]!],
        ['XGROUP', 'CREATECONSUMER', 'k', groupNames[group]!, 'idle'],
      ]),
    ];
  });

/** By the kind of value they make. */
export const anyKeys: Readonly<Record<string, fc.Arbitrary<Recipe>>> = {
  string: strings,
  list: lists,
  set: sets,
  zset: zsets,
  hash: hashes,
  'hash with expiries': expiringHashes,
  stream: streams,
};
