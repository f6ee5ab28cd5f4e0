import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anyCommandWithExpiries,
  anyIncrement,
  anySteps,
  keepsExpiriesSettled,
} from '../../test-support/arbitrary-steps.ts';
import { Mesh, type Step, type UserCommand } from '../../test-support/mesh.ts';
import { modelReadout } from '../../test-support/model-readout.ts';
import { anyMixedCommand, anyStringCommand } from '../../test-support/rule-commands.ts';
import { show } from '../../test-support/show-entries.ts';
import { SpillMap } from '../../test-support/spill-map.ts';
import type { Op } from '../entry/entry.ts';
import { expiryGraceMs } from './expiry-grace.ts';
import { Model } from './model.ts';

const bucket = 64 * 4096;
const stamp = (time: number, priority = 1) => ({ time, priority, origin: `s${priority}/main/1` });
const set = (key: string, expiry: number | null = null, db = 0): Op => ({
  ...{ type: 'assign', db, index: 0, key, value: Uint8Array.of(1), expiry },
});
const nobody = (): boolean => false;

function spilling(cut = 0): { model: Model; store: SpillMap } {
  const [model, store] = [new Model(cut, 1), new SpillMap()];
  model.spillTo(store);
  return { model, store };
}

/** After each step, how many keys every site moves to its store. */
interface Spill {
  readonly after: number;
  readonly most: number;
}

const spills = fc.array(fc.record({ after: fc.nat({ max: 40 }), most: fc.constantFrom(1, 2, 100) }), {
  maxLength: 30,
  size: 'max',
});

function run(count: number, forgetting: boolean, steps: readonly Step[], spilled?: readonly Spill[]) {
  const mesh = new Mesh(count, forgetting, keepsExpiriesSettled);
  const stores = mesh.sites.map(() => new SpillMap());
  if (spilled !== undefined) for (const [n, { model }] of mesh.sites.entries()) model.spillTo(stores[n]!);
  const spill = (now: (spill: Spill) => boolean): void => {
    for (const { most } of spilled?.filter(now) ?? []) for (const { model } of mesh.sites) model.spill(most, nobody);
  };
  steps.forEach((step, n) => {
    mesh.step(step);
    spill(({ after }) => after === n);
  });
  mesh.settle();
  spill(({ most }) => most > 2);
  return { mesh, stores };
}

/** All keys come back. */
function recallAll(model: Model, store: SpillMap): void {
  for (const { db, key } of store.placesFrom(0)) model.find(db, key);
}

/**
 * Nothing that the cut has not passed is forgotten. (What it has passed stays for up to two buckets in memory, and not behind a
 * spill: so what is said of it may differ, and how often it is asked for.)
 */
function expectRemembered(model: Model, plain: Model): void {
  for (const { db, key, newest } of plain.states())
    if (newest > plain.cut) expect(model.find(db, key)?.newest).toBeGreaterThan(plain.cut);
}

/** What expired while it was on its way lives on for up to the grace at the sites that it reached late. */
function expectEqualSites(mesh: Mesh): void {
  mesh.sites.forEach((_, site) => {
    mesh.step({ do: 'wait', site, ms: 2 * expiryGraceMs });
  });
  mesh.settle();
  const [first, ...others] = mesh.sites.map(({ keyspace }) => keyspace.readout());
  for (const held of others) expect(held).toEqual(first);
}

const flushes = (steps: readonly Step[]): boolean =>
  steps.some((step) => step.do === 'write' && step.unit.some(({ args }) => args[0]!.startsWith('FLUSH')));

/** The last: whether sites come to hold the same without comparing keys, which a mesh does not do. */
const histories: readonly (readonly [string, fc.Arbitrary<UserCommand>, boolean])[] = [
  ['all kinds, flushes among them', anyMixedCommand, false],
  ['parts of strings', anyStringCommand, false],
  ['kinds that meet, and expiries', anyCommandWithExpiries, true],
  ['increments', anyIncrement, true],
];

describe('a model that spills is like one that does not', () => {
  describe.each(histories)('%s', (_name, command, agrees) => {
    it.each([
      ['nothing is forgotten', false],
      ['the cut follows', true],
    ])('%s', (_how, forgetting) => {
      let moved = 0;
      fc.assert(
        fc.property(fc.integer({ min: 2, max: 3 }), anySteps(command, 40), spills, (count, steps, spilled) => {
          const { mesh: plain } = run(count, forgetting, steps);
          const { mesh: other, stores } = run(count, forgetting, steps, spilled);
          // A flush tells of keys in the order in which they came to memory.
          const isSame = !forgetting && !flushes(steps);
          if (isSame) expect(show(other.entries())).toEqual(show(plain.entries()));
          other.sites.forEach(({ keyspace, model, conflicts }, n) => {
            const like = plain.sites[n]!;
            moved += model.spilled.keys;
            expect(model.keys + model.spilled.keys).toBeLessThanOrEqual(like.model.keys);
            if (flushes(steps)) return;
            recallAll(model, stores[n]!);
            expect(model.spilled.keys).toBe(0);
            expectRemembered(model, like.model);
            if (!isSame) return;
            expect(keyspace.readout()).toEqual(like.keyspace.readout());
            expect(modelReadout(model)).toEqual(modelReadout(like.model));
            expect(conflicts).toEqual(like.conflicts);
          });
          if (!isSame && agrees) expectEqualSites(other);
        }),
        { numRuns: 300 },
      );
      expect(moved).toBeGreaterThan(50);
    });
  });

  it('also in what it weighs', () => {
    const { model } = spilling();
    const plain = new Model(0, 1);
    for (let i = 0; i < 100; i++) {
      for (const one of [model, plain]) one.merge(set(`k${i % 40}`), stamp(i * bucket + 1, 2));
      if (i % 7 === 0) model.spill(5, nobody);
    }
    expect(model.bytes).toBeLessThan(plain.bytes);
    for (let i = 0; i < 40; i++) model.find(0, `k${i}`);
    expect([model.keys, model.bytes]).toEqual([plain.keys, plain.bytes]);
  });
});

describe('spilling', () => {
  it('takes what was not written to for the longest, so many keys, and brings back what is touched', () => {
    const { model, store } = spilling();
    for (let i = 0; i < 10; i++) model.merge(set(`k${i}`), stamp((i + 1) * bucket));
    model.merge(set('k0'), stamp(20 * bucket));
    expect(model.spill(3, nobody)).toBe(3);
    expect([...model.states()].map(({ key }) => key).sort()).toEqual(['k0', 'k4', 'k5', 'k6', 'k7', 'k8', 'k9']);
    expect([model.keys, model.spilled.keys, store.count]).toEqual([7, 3, 3]);
    expect(model.find(0, 'k2')?.newest).toBe(3 * bucket);
    expect(model.find(1, 'k1')).toBeUndefined();
    expect([model.keys, model.spilled.keys]).toEqual([8, 2]);
    expect(model.obtain(0, 'k1').newest).toBe(2 * bucket);
    expect(model.find(0, 'unknown')).toBeUndefined();
  });

  it('costs nothing where nothing has gone: the store is not asked', () => {
    const { model, store } = spilling();
    store.get = () => {
      throw new Error('asked');
    };
    model.merge(set('k'), stamp(5));
    expect(model.find(0, 'other')).toBeUndefined();
    expect(new Model().spill(10, nobody)).toBe(0);
  });

  it('leaves what is not at rest, is to be compared or asked for, is held, or has too long a name', () => {
    const { model } = spilling();
    const keys = ['flight', 'asked', 'part', 'wanted', 'contended', 'wanting', 'held', 'x'.repeat(1901), 'rest'];
    for (const key of keys) model.merge(set(key), stamp(5));
    model.hold(0, 'flight');
    model.ask(0, 'asked');
    model.askPart(0, 'part');
    model.find(0, 'wanted')!.wanted = { time: 9, priority: 2, index: 0 };
    model.contend(model.find(0, 'contended')!);
    model.wanting.add(model.find(0, 'wanting')!);
    expect(model.spill(100, ({ key }) => key === 'held')).toBe(1);
    expect(model.find(0, 'rest')).toBeDefined();
    expect(model.keys).toBe(keys.length);
  });

  it('that fails leaves everything in memory', () => {
    const { model, store } = spilling();
    for (let i = 0; i < 3; i++) model.merge(set(`k${i}`), stamp(5));
    const { bytes } = model;
    store.write = () => {
      throw new Error('no room');
    };
    expect(() => model.spill(2, nobody)).toThrow('no room');
    expect([model.keys, model.bytes, model.spilled.keys]).toEqual([3, bytes, 0]);
    model.forget(2 * bucket);
    expect([model.keys, model.bytes]).toEqual([0, 0]);
  });

  it('keeps no more in the queue of what is to be forgotten than is in memory', () => {
    const { model } = spilling();
    for (let i = 1; i <= 50; i++) model.merge(set('busy'), stamp(i * bucket));
    model.spill(0, nobody);
    model.spill(1, nobody);
    model.find(0, 'busy');
    model.forget(52 * bucket);
    expect([model.keys, model.spilled.keys, model.bytes]).toEqual([0, 0, 0]);
  });
});

describe('forgetting what was spilled', () => {
  it('takes it out of the store when the cut has passed it', () => {
    const { model, store } = spilling();
    for (let i = 0; i < 10; i++) model.merge(set(`k${i}`), stamp((i + 1) * bucket));
    model.spill(10, nobody);
    model.forget(5 * bucket);
    expect([model.spilled.keys, model.find(0, 'k2'), model.find(0, 'k7')?.newest]).toEqual([6, undefined, 8 * bucket]);
    model.forget(20 * bucket);
    expect([model.keys, model.spilled.keys]).toEqual([0, 0]);
    expect(store.count).toBeLessThanOrEqual(1);
  });

  it('what waits to be swept out is not there any more', () => {
    const { model, store } = spilling();
    model.merge(set('k'), stamp(bucket));
    model.spill(10, nobody);
    store.takeUpTo = () => [];
    model.forget(5 * bucket);
    expect(model.find(0, 'k')).toBeUndefined();
    expect(model.keys).toBe(0);
  });

  it('remembers late expiries as it would have in memory', () => {
    const late = (spill: boolean, recall: boolean) => {
      const { model } = spilling();
      const at = 1_577_836_800_000 + 100; // the epoch of times, and 100 ms
      model.merge(set('k', at), stamp(bucket));
      if (spill) model.spill(1, nobody);
      model.forget(3 * bucket);
      if (recall) model.find(0, 'k');
      return model.lateExpiry(0, 'k');
    };
    expect(late(false, false)).not.toBeNull();
    expect(late(true, false)).toBe(late(false, false));
    expect(late(true, true)).toBe(late(false, false));
  });

  it('forgets the parts that the cut has passed when a key comes back', () => {
    const { model } = spilling();
    const member = (name: string): Op => ({ type: 'member', db: 0, index: 0, key: 'k', member: name, present: true });
    model.merge(member('old'), stamp(bucket));
    model.merge(member('new'), stamp(9 * bucket));
    model.spill(1, nobody);
    model.forget(5 * bucket);
    const cells = model.find(0, 'k')?.elements?.[2];
    expect([...(cells?.keys() ?? [])]).toEqual(['new']);
  });
});

describe('a flush', () => {
  const flush = (key: '' | '*' = ''): Op => ({ type: 'flush', db: 0, index: 0, key });

  it('takes away what is older in the store, without a look at it', () => {
    const { model, store } = spilling();
    for (let i = 0; i < 5; i++) model.merge(set(`k${i}`), stamp(5));
    model.spill(5, nobody);
    store.found = 0;
    model.flush(flush(), stamp(100 * bucket, 2));
    expect(store.found).toBe(0);
    expect(model.find(0, 'k1')).toBeUndefined();
    expect(model.recall(0, 'k2')?.root).toMatchObject({ time: 100 * bucket, priority: 2 });
    expect(model.obtain(0, 'k3').root?.time).toBe(100 * bucket);
  });

  it('brings back what is newer, of its database', () => {
    const { model } = spilling();
    for (let i = 0; i < 9; i++) model.merge(set(`k${i}`, null, i % 3 === 0 ? 1 : 0), stamp((i + 1) * bucket));
    model.spill(9, nobody);
    const states = model.flush(flush(), stamp(5 * bucket + 7, 2))!;
    expect(states.map(({ key }) => key).sort()).toEqual(['k5', 'k7', 'k8']);
    const all = model.flush(flush('*'), stamp(6 * bucket + 7, 2))!;
    expect(all.map(({ key }) => key).sort()).toEqual(['k5', 'k6', 'k7', 'k8']);
  });
});
