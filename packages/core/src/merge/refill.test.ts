import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mesh, type Step } from '../../test-support/mesh.ts';
import { show } from '../../test-support/show-entries.ts';
import { epoch } from '../clock/hybrid-clock.ts';
import type { Op } from '../entry/entry.ts';
import { mayRefill } from './merge-state.ts';
import { Model } from './model.ts';

const [soon, later] = [epoch + 1_000_000, epoch + 9_000_000];

const write = (site: number, ...commands: string[]): Step => ({
  ...{ do: 'write', site },
  unit: commands.map((command) => ({ db: 0, args: command.split(' ') })),
});

const anyDelivery: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('deliver' as const), from: fc.nat(2), to: fc.nat(2), entries: fc.constant(1) }),
  fc.record({ do: fc.constant('fence' as const), site: fc.nat(2) }),
  fc.record({ do: fc.constant('heartbeat' as const), site: fc.nat(2) }),
);

/** Site 2 asks, and is answered, before anybody hears of site 0. */
const askedAtOnce: readonly Step[] = [
  { do: 'deliver', from: 1, to: 2, entries: 9 },
  { do: 'deliver', from: 2, to: 1, entries: 9 },
  { do: 'fence', site: 1 },
  { do: 'deliver', from: 1, to: 2, entries: 9 },
];
const anyDeliveries = fc
  .tuple(fc.constantFrom([], askedAtOnce), fc.array(anyDelivery, { maxLength: 30 }))
  .map((steps) => steps.flat());

const makers = ['SET k 1', 'HSET k f 1', 'SADD k f', 'ZADD k 1 f', 'RPUSH k e', 'INCRBY k 3'];

/** A key that everybody has, renewed at site 1 while it expires at the others; then `between` at site 0, and entries by and by. */
function renewed(maker: string, between: Step | undefined, deliveries: readonly Step[]): Mesh {
  const mesh = new Mesh(3, true);
  mesh.step(write(0, maker, `PEXPIREAT k ${soon}`));
  mesh.settle();
  mesh.forgetAll();
  mesh.step(write(1, `PEXPIREAT k ${later}`));
  for (const site of [0, 2]) mesh.step({ do: 'wait', site, ms: 2_000_000 });
  if (between !== undefined) mesh.step(between);
  for (const step of deliveries) mesh.step(step);
  mesh.settle();
  return mesh;
}

/** Every site holds what these commands make at one. */
function expectEverywhere(mesh: Mesh, ...commands: string[]): void {
  const one = new Mesh(1, false);
  one.step(write(0, ...commands));
  const expected = one.sites[0]!.keyspace.readout();
  for (const { keyspace } of mesh.sites) expect(keyspace.readout(), show(mesh.entries())).toEqual(expected);
}

describe('a key renewed at one site, that has expired at two others', () => {
  it.each(makers)('is there again, without a write: %s', (maker) => {
    fc.assert(
      fc.property(anyDeliveries, (deliveries) => {
        const mesh = renewed(maker, undefined, deliveries);
        expectEverywhere(mesh, maker, `PEXPIREAT k ${later}`);
        const ops = mesh.entries().flatMap(({ entry }) => (entry.type === 'unit' ? entry.ops : []));
        expect(ops.some(({ type }) => type === 'state')).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it.each(makers)('G7 stays deleted where a user has deleted it, whoever hears of that when: %s', (maker) => {
    fc.assert(
      fc.property(anyDeliveries, (deliveries) => {
        expectEverywhere(renewed(maker, write(0, maker, 'DEL k'), deliveries));
      }),
      { numRuns: 50 },
    );
  });

  it.each(makers)('holds what a user has set instead: %s', (maker) => {
    fc.assert(
      fc.property(anyDeliveries, (deliveries) => {
        const other = ['SET k 7', `PEXPIREAT k ${later + 1}`];
        expectEverywhere(renewed(maker, write(0, ...other), deliveries), ...other);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['HSET k f 1', 'HSET k g 2'],
    ['SADD k f', 'SADD k g'],
    ['ZADD k 1 f', 'ZADD k 2 g'],
  ])('holds what was added since; where it had expired, that makes it anew: %s, %s', (maker, more) => {
    fc.assert(
      fc.property(anyDeliveries, fc.nat(2), (deliveries, site) => {
        const made = site === 1 ? [maker, more] : [more];
        expectEverywhere(renewed(maker, write(site, more), deliveries), ...made, `PEXPIREAT k ${later}`);
      }),
      { numRuns: 50 },
    );
  });
});

it('what an expiry has taken away is not brought back by who set the expiry anew afterwards', () => {
  const mesh = new Mesh(2, false);
  mesh.step(write(1, 'SADD k g'));
  mesh.step(write(0, 'SADD k f'));
  mesh.step(write(1, `PEXPIREAT k ${epoch + 1100}`));
  mesh.step({ do: 'wait', site: 1, ms: 3000 });
  mesh.step({ do: 'deliver', from: 1, to: 0, entries: 3 });
  mesh.step(write(0, 'PERSIST k'));
  mesh.settle();
  const [first, second] = mesh.sites.map(({ keyspace }) => keyspace.readout());
  expect(second, show(mesh.entries())).toEqual(first);
  expect(first).toEqual({ '0 k': 'set {"f"="true"}' });
});

describe('who asks for a key is told', () => {
  const at = { db: 0, index: 0, key: 'k' } as const;
  const renewal = { time: 9, priority: 1, index: 0 };
  const expire: Op = { ...at, type: 'expire', at: later };

  function after(...ops: readonly Op[]) {
    const model = new Model(5, 1);
    for (const [n, op] of ops.entries()) model.merge(op, { time: 7 + n, priority: 2, origin: 'b/main/1' });
    return model.merge(expire, { time: 9, priority: 1, origin: 'a/main/1' });
  }

  it('by a refill what merges cell by cell, and was renewed here', () => {
    expect(mayRefill(after(), renewal)).toBe(true);
    expect(mayRefill(after({ ...at, type: 'member', member: 'm', present: true }), renewal)).toBe(true);
    expect(mayRefill(after(), { ...renewal, time: 8 })).toBe(false);
  });

  it.each<[string, Op]>([
    ['a list pushed to since', { ...at, type: 'guarded', kind: 'list', base: { stable: 5 }, args: [], adds: true }],
    ['a bit set since', { ...at, type: 'bit', offset: 1, on: true }],
    [
      'a counter',
      { ...at, type: 'count', cell: 'string', field: '', base: { stable: 5 }, sum: 1n, by: 1n, previous: 0 },
    ],
  ])('by a state: %s', (_what, op) => {
    expect(mayRefill(after(op), renewal)).toBe(false);
  });
});
