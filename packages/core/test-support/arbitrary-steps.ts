/** Arbitrary histories of a mesh: few keys, so that everything meets everything. */
import fc from 'fast-check';
import type { MeshSite, Step, UserCommand } from './mesh.ts';

const number = fc.integer({ min: -3, max: 9 }).map(String);
const text = fc.constantFrom('a', 'b', '', '\xff\x00', '007');
const value = fc.oneof(number, text);
const field = fc.constantFrom('f', 'g');
const at = fc.constantFrom('4000000000001', '4000000000002', '4000000000003');

/** On keys of any kind, without expiries. */
const onMixed = (key: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.oneof(
    fc.tuple(fc.constant('SET'), key, value),
    fc.tuple(fc.constant('DEL'), key),
    fc.tuple(fc.constantFrom('INCRBY', 'DECRBY'), key, number),
    fc.tuple(fc.constant('HSET'), key, field, value),
    fc.tuple(fc.constant('HDEL'), key, field),
    fc.tuple(fc.constant('HINCRBY'), key, field, number),
    fc.tuple(fc.constantFrom('SADD', 'SREM'), key, field),
    fc.tuple(fc.constant('ZADD'), key, number, field),
    fc.tuple(fc.constant('ZREM'), key, field),
    fc.tuple(fc.constant('ZINCRBY'), key, number, field),
  );

/** On strings that expire. */
const onExpiring = (key: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.oneof(
    fc.tuple(fc.constant('SET'), key, value),
    fc.tuple(fc.constant('SET'), key, value, fc.constant('PXAT'), at),
    fc.tuple(fc.constant('SET'), key, value, fc.constant('KEEPTTL')),
    fc.tuple(fc.constant('DEL'), key),
    fc.tuple(fc.constant('INCRBY'), key, number),
    fc.tuple(fc.constant('PEXPIREAT'), key, at),
    fc.tuple(fc.constant('PERSIST'), key),
  );

const inDb = (args: fc.Arbitrary<string[]>): fc.Arbitrary<UserCommand> =>
  fc.record({ db: fc.constantFrom(0, 0, 0, 1), args });

/** Commands on keys that each hold one kind all along; `s…` are strings with expiries. */
export const anyPlainCommand: fc.Arbitrary<UserCommand> = inDb(
  fc.oneof(
    onExpiring(fc.constantFrom('s1', 's2')),
    fc.tuple(fc.constant('SET'), fc.constant('n'), value),
    fc.tuple(fc.constantFrom('INCRBY', 'DECRBY'), fc.constant('n'), number),
    fc.tuple(fc.constant('HSET'), fc.constant('h'), field, value),
    fc.tuple(fc.constant('HDEL'), fc.constant('h'), field),
    fc.tuple(fc.constant('HINCRBY'), fc.constant('h'), field, number),
    fc.tuple(fc.constantFrom('SADD', 'SREM'), fc.constant('m'), field),
    fc.tuple(fc.constant('ZADD'), fc.constant('z'), number, field),
    fc.tuple(fc.constant('ZREM'), fc.constant('z'), field),
    fc.tuple(fc.constant('ZINCRBY'), fc.constant('z'), number, field),
    fc.tuple(fc.constant('DEL'), fc.constantFrom('n', 'h', 'm', 'z')),
  ),
);

/** Commands on `k…` (any kind) and on `s…` (strings with expiries). */
export const anyCommand: fc.Arbitrary<UserCommand> = inDb(
  fc.oneof(onMixed(fc.constantFrom('k1', 'k2')), onExpiring(fc.constantFrom('s1', 's2'))),
);

/** Commands of any kind, expiries among them, on the same keys. */
export const anyCommandWithExpiries: fc.Arbitrary<UserCommand> = inDb(
  fc.oneof(onMixed(fc.constantFrom('k1')), onExpiring(fc.constantFrom('k1'))),
);

/** Increments only, of one counter of each kind. */
export const anyIncrement: fc.Arbitrary<UserCommand> = inDb(
  fc.oneof(
    fc.tuple(fc.constant('INCRBY'), fc.constant('c'), number),
    fc.tuple(fc.constant('HINCRBY'), fc.constant('h'), field, number),
    fc.tuple(fc.constant('ZINCRBY'), fc.constant('z'), number, field),
  ),
);

/** Histories of `command`s. */
export function anySteps(command: fc.Arbitrary<UserCommand>, maxLength = 60): fc.Arbitrary<Step[]> {
  const site = fc.nat({ max: 11 }); // divisible by 2, 3 and 4 sites
  return fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant('write' as const),
          site,
          unit: fc.oneof(
            { weight: 3, arbitrary: fc.array(command, { minLength: 1, maxLength: 1 }) },
            fc.array(command, { minLength: 2, maxLength: 4 }),
          ),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('deliver' as const),
          from: site,
          to: site,
          entries: fc.integer({ min: 1, max: 6 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('heartbeat' as const), site }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('fence' as const), site }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('wait' as const), site, ms: fc.constantFrom(1, 100, 300, 1000) }),
      },
    ),
    { maxLength, size: 'max' },
  );
}

/**
 * Denies what would make an expiring string afresh without saying so of its expiry: an increment or SET KEEPTTL of a
 * missing key.
 */
export function keepsExpiriesSettled(site: MeshSite, { db, args }: UserCommand): boolean {
  const [name, key = '', , option] = args;
  if (!key.startsWith('s')) return true;
  return site.keyspace.has(db, key) || !(name === 'INCRBY' || option === 'KEEPTTL');
}
