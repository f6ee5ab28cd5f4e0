/** The guarantees of the contract, over all kinds of data and all that can happen to a key, at several sites in memory. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySteps } from '../../test-support/arbitrary-steps.ts';
import { Mesh, type Step, type UserCommand } from '../../test-support/mesh.ts';
import { withoutGrace } from '../../test-support/observer.ts';
import { anyAdd, anyMixedCommand, anyStringCommand, onKey } from '../../test-support/rule-commands.ts';
import { show } from '../../test-support/show-entries.ts';
import { epoch } from '../clock/hybrid-clock.ts';

const runs = 100;
const sites = fc.integer({ min: 2, max: 4 });

function run(count: number, forgetting: boolean, steps: readonly Step[]): Mesh {
  const mesh = new Mesh(count, forgetting);
  for (const step of steps) mesh.step(step);
  mesh.settle();
  return mesh;
}

const readouts = (mesh: Mesh): Record<string, string>[] =>
  mesh.sites.map((site) => withoutGrace(site.keyspace.readout()));

function expectSame(mesh: Mesh): void {
  const [first, ...others] = readouts(mesh);
  for (const other of others) expect(other, show(mesh.entries())).toEqual(first);
}

const write = (site: number, ...commands: string[]): Step => ({
  ...{ do: 'write', site },
  unit: commands.map((command) => ({ db: 0, args: command.split(' ') })),
});

it.each([
  ['nothing is forgotten', false],
  ['the cut follows', true],
])('G1 convergence: all kinds on the same keys, %s', (_how, forgetting) => {
  fc.assert(
    fc.property(sites, anySteps(anyMixedCommand, 30), (count, steps) => {
      expectSame(run(count, forgetting, steps));
    }),
    { numRuns: runs },
  );
});

it.each([
  ['nothing is forgotten', false],
  ['the cut follows', true],
])('G1 convergence: all parts of strings on the same keys, %s', (_how, forgetting) => {
  fc.assert(
    fc.property(sites, anySteps(anyStringCommand, 30), (count, steps) => {
      expectSame(run(count, forgetting, steps));
    }),
    { numRuns: runs },
  );
});

it('G1 convergence: a pop where a flush elsewhere had taken some of what was popped from', () => {
  const mesh = new Mesh(2, false);
  mesh.step(write(1, 'ZADD k 3 f'));
  mesh.step(write(1, 'ZADD k 1 h', 'ZPOPMAX k'));
  mesh.step({ do: 'heartbeat', site: 0 });
  mesh.step(write(0, 'FLUSHDB'));
  mesh.settle();
  expectSame(mesh);
  expect(readouts(mesh)[0]).toEqual({ '0 k': 'zset {"h"="1"}' });
});

it('G1 convergence: an increment back to nothing brings its member back to life', () => {
  const mesh = new Mesh(2, false);
  mesh.step(write(0, 'ZADD k 1 h'));
  mesh.settle();
  mesh.step(write(1, 'ZINCRBY k -3 h'));
  mesh.settle();
  mesh.step(write(0, 'ZREMRANGEBYLEX k [h +'));
  mesh.step(write(1, 'ZINCRBY k 3 h'));
  mesh.settle();
  expectSame(mesh);
  expect(readouts(mesh)[0]).toEqual({ '0 k': 'zset {"h"="0"}' });
});

describe.each(['SET k 1', 'HSET k f 1', 'SADD k f', 'ZADD k 1 f', 'RPUSH k e', 'INCRBY k 3'])(
  'G7 deleted stays deleted: a key that EXPIREAT in the past has deleted, where that is told as an expiry: %s',
  (maker) => {
    const past: Step = { do: 'past', site: 0, db: 0, key: 'k' };
    const forgotten = (...first: string[]): Mesh => {
      const mesh = new Mesh(3, true);
      mesh.step(write(0, ...first));
      mesh.settle();
      mesh.forgetAll();
      return mesh;
    };

    it('is gone everywhere, also where it has no expiry', () => {
      const mesh = forgotten(maker);
      mesh.step(past);
      mesh.settle();
      expect(readouts(mesh)).toEqual([{}, {}, {}]);
    });

    it('is gone everywhere, also where it was to expire later', () => {
      const mesh = forgotten(maker, `PEXPIREAT k ${epoch + 9_000_000}`);
      mesh.step(past);
      mesh.settle();
      expect(readouts(mesh)).toEqual([{}, {}, {}]);
    });

    it('holds what was written to it since, and nothing else', () => {
      const mesh = forgotten('HSET k old 1');
      mesh.step(past);
      mesh.step(write(0, maker));
      mesh.settle();
      const one = new Mesh(1, false);
      one.step(write(0, maker));
      for (const readout of readouts(mesh)) expect(readout).toEqual(readouts(one)[0]);
    });

    it('lives where another site renewed it unheard', () => {
      const mesh = forgotten(maker);
      mesh.step(write(1, `PEXPIREAT k ${epoch + 9_000_000}`));
      mesh.step(past);
      mesh.settle();
      const one = new Mesh(1, false);
      one.step(write(0, maker, `PEXPIREAT k ${epoch + 9_000_000}`));
      for (const readout of readouts(mesh)) expect(readout).toEqual(readouts(one)[0]);
    });
  },
);

it('G4 exact effects: what was counted and forgotten counts again where another type had been written over it', () => {
  const mesh = new Mesh(2, true);
  mesh.step({ do: 'heartbeat', site: 1 });
  mesh.step(write(0, 'INCRBY k 1'));
  mesh.step({ do: 'deliver', from: 1, to: 0, entries: 1 });
  mesh.step({ do: 'heartbeat', site: 0 });
  mesh.step(write(1, 'ZADD k 0 f'));
  mesh.step({ do: 'deliver', from: 0, to: 1, entries: 2 });
  mesh.step(write(0, 'INCRBY k 5'));
  mesh.step({ do: 'heartbeat', site: 1 });
  mesh.settle();
  expectSame(mesh);
  expect(readouts(mesh)[0]).toEqual({ '0 k': 'string {""="6"}' });
});

it('G4 exact effects: a counter that an increment takes beyond 64 bits comes back to what all of them make', () => {
  const mesh = new Mesh(3, false);
  mesh.step(write(0, 'SET k 9223372036854775807'));
  mesh.settle();
  mesh.step(write(1, 'INCRBY k -6'));
  mesh.step({ do: 'deliver', from: 1, to: 2, entries: 1 });
  mesh.step(write(2, 'INCRBY k 1'));
  mesh.step({ do: 'deliver', from: 2, to: 0, entries: 9 });
  mesh.settle();
  expectSame(mesh);
  expect(readouts(mesh)[0]).toEqual({ '0 k': 'string {""="9223372036854775802"}' });
});

it('G2 nothing lost: what was added and not taken away is everywhere', () => {
  fc.assert(
    fc.property(sites, anySteps(anyAdd, 30), fc.boolean(), (count, steps, forgetting) => {
      let next = 0;
      const wanted = new Map<string, string[]>();
      const mesh = new Mesh(count, forgetting, undefined, (_site, { db, args }): UserCommand => {
        const named = args.map((arg) => (arg === '?' ? `e${++next}` : arg));
        const kept = wanted.get(args[1]!) ?? [];
        wanted.set(args[1]!, [...kept, ...named.filter((_, i) => args[i] === '?')]);
        return { db, args: named };
      });
      for (const step of steps) mesh.step(step);
      mesh.settle();
      for (const { keyspace } of mesh.sites) {
        for (const [key, elements] of wanted) {
          const held = keyspace.find(0, key);
          const there = held?.kind === 'list' ? [...held.cells.values()] : [...(held?.cells.keys() ?? [])];
          expect(there.sort(), show(mesh.entries())).toEqual([...elements].sort());
        }
      }
    }),
    { numRuns: runs },
  );
});

describe('G3 no loops', () => {
  it('N units of sites that do not meet cause N entries', () => {
    fc.assert(
      fc.property(sites, anySteps(onKey('k'), 30), (count, steps) => {
        const mesh = new Mesh(count, false, undefined, (site, { db, args: [name, , ...rest] }) => ({
          ...{ db, args: [name!, `k${site.priority}`, ...rest] },
        }));
        for (const step of steps) mesh.step(step);
        mesh.settle();
        for (const site of mesh.sites) {
          const entries = mesh.entries().filter(({ origin, entry }) => origin === site.origin && entry.type === 'unit');
          expect(entries.length, show(entries)).toBe(site.units);
        }
      }),
      { numRuns: runs },
    );
  });

  it('corrections end when writers pause', () => {
    fc.assert(
      fc.property(sites, anySteps(anyMixedCommand, 30), (count, steps) => {
        const mesh = run(count, false, steps);
        const { length } = mesh.entries();
        expect(mesh.settle()).toBe(1);
        expect(mesh.entries()).toHaveLength(length);
      }),
      { numRuns: runs },
    );
  });
});

describe('G4 exact effects', () => {
  it('an entry delivered twice changes nothing the second time, whatever it says', () => {
    fc.assert(
      fc.property(sites, anySteps(anyMixedCommand, 30), (count, steps) => {
        const mesh = run(count, false, steps);
        const before = readouts(mesh);
        mesh.redeliver();
        expect(readouts(mesh), show(mesh.entries())).toEqual(before);
      }),
      { numRuns: runs },
    );
  });

  it('counters that expired begin again from the same base: what all sites add afterwards counts', () => {
    const soon = fc.constantFrom(epoch + 1100, epoch + 1500).map((at) => `PEXPIREAT c ${at}`);
    const command = fc
      .oneof(fc.constantFrom('INCRBY c 1', 'INCRBY c 5', 'INCRBY c -2'), soon)
      .map((line): UserCommand => ({ db: 0, args: line.split(' ') }));
    const later = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 9 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(sites, anySteps(command, 25), later, (count, steps, increments) => {
        const mesh = run(count, false, steps);
        mesh.step(write(0, 'INCRBY c 1', `PEXPIREAT c ${epoch + 900_000}`));
        mesh.settle();
        mesh.expireAll();
        // Nobody has heard of the others' expiry.
        for (const [site, by] of increments) mesh.step(write(site % count, `INCRBY c ${by}`));
        mesh.settle();
        const sum = increments.reduce((total, [, by]) => total + by, 0);
        for (const { keyspace } of mesh.sites) {
          expect(keyspace.held(0, 'c', 'string', ''), show(mesh.entries())).toBe(String(sum));
        }
      }),
      { numRuns: runs },
    );
  });
});

describe('G7 deleted stays deleted', () => {
  it('what a site that saw it deletes does not come back: replayed, late, or forgotten', () => {
    fc.assert(
      fc.property(sites, anySteps(anyMixedCommand, 30), fc.boolean(), (count, steps, forgotten) => {
        const mesh = run(count, forgotten, steps);
        if (forgotten) mesh.forgetAll();
        const held = Object.keys(mesh.sites[0]!.keyspace.readout()).map((id) => id.split(' '));
        mesh.step({ do: 'write', site: 0, unit: held.map(([db, key]) => ({ db: Number(db), args: ['DEL', key!] })) });
        mesh.settle();
        if (!forgotten) mesh.redeliver();
        mesh.settle();
        for (const readout of readouts(mesh)) expect(readout, show(mesh.entries())).toEqual({});
        if (!forgotten) return;
        mesh.forgetAll();
        for (const readout of readouts(mesh)) expect(readout).toEqual({});
      }),
      { numRuns: runs },
    );
  });
});

const makers = [
  'SET k 1',
  'HSET k f 1',
  'SADD k f',
  'ZADD k 1 f',
  'INCRBY k 3',
  'RPUSH k e',
  'SETBIT k 1 1',
  'PFADD k f',
];

describe('expiries', () => {
  it.each(makers)('a renewal beats an expiry that did not know it: %s', (maker) => {
    const mesh = new Mesh(3, false);
    mesh.step(write(0, maker, `PEXPIREAT k ${epoch + 2000}`));
    mesh.settle();
    const before = mesh.sites[0]!.keyspace.readout()['0 k']!.replace(/ until.*/, '');
    mesh.step(write(0, `PEXPIREAT k ${epoch + 50_000}`));
    mesh.step({ do: 'wait', site: 1, ms: 3000 });
    mesh.settle();
    for (const { keyspace } of mesh.sites)
      expect(keyspace.readout(), show(mesh.entries())).toEqual({ '0 k': `${before} until ${epoch + 50_000}` });
  });

  const counted = [
    ['SET k 1', 'SET k 5 KEEPTTL', 'INCRBY k 3', 'string {""="8"}'],
    ['HSET k f 1', 'HSET k f 5', 'HINCRBY k f 3', 'hash {"f"="8"}'],
    ['ZADD k 1 f', 'ZADD k 5 f', 'ZINCRBY k 3 f', 'zset {"f"="8"}'],
  ] as const;
  it.each(counted)('G4 increments of what was written to a key that had expired count: %s, %s, %s', (...words) => {
    const [maker, again, increment, expected] = words;
    const mesh = new Mesh(3, false);
    mesh.step(write(0, maker, `PEXPIREAT k ${epoch + 2000}`));
    mesh.settle();
    for (const site of [0, 1, 2]) mesh.step({ do: 'wait', site, ms: 3000 });
    mesh.step(write(0, again));
    mesh.step(write(0, increment));
    mesh.settle();
    for (const { keyspace } of mesh.sites)
      expect(keyspace.readout(), show(mesh.entries())).toEqual({ '0 k': expected });
  });

  const writes = ['HSET k g 2', 'SADD k g', 'ZADD k 2 g', 'INCRBY k 4', 'RPUSH k g', 'APPEND k x', 'SETBIT k 9 1'];
  const made = ['HSET k f 1', 'SADD k f', 'ZADD k 1 f', 'INCRBY k 3', 'RPUSH k e', 'SET k a', 'SETBIT k 1 1'];
  it.each(writes.map((one, i) => [one, made[i]!] as const))(
    'a write just before the expiry leaves no immortal fragment: %s',
    (one, maker) => {
      const mesh = new Mesh(3, false);
      mesh.step(write(0, maker, `PEXPIREAT k ${epoch + 2000}`));
      mesh.settle();
      mesh.step(write(0, one));
      mesh.step({ do: 'wait', site: 1, ms: 3000 });
      mesh.settle();
      for (let round = 0; round < 3; round++) {
        mesh.expireAll();
        mesh.settle();
      }
      for (const { keyspace } of mesh.sites) expect(keyspace.readout(), show(mesh.entries())).toEqual({});
    },
  );
});
