import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeleteWorld, historyId as id, type Step, type Truth } from '../../test-support/delete-world.ts';
import { DeletionClassifier } from './deletion-classifier.ts';
import type { StreamDelete } from './verdict.ts';

const anyPart = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  what: fc.constantFrom('user', 'user', 'expired', 'expired', 'evicted', 'write', 'stray') as fc.Arbitrary<Truth>,
});
const anyUnit = fc.array(anyPart, { minLength: 1, maxLength: 3 }).map((parts): Step => ({ do: 'unit', parts }));
const quietly = fc.constantFrom<Step>({ do: 'deliver' }, { do: 'read' }, { do: 'ask' });
const badly = fc.constantFrom<Step>(
  { do: 'lose' },
  { do: 'restore' },
  { do: 'reread', units: 1 },
  { do: 'reread', units: 6 },
);

function run(steps: readonly Step[], together: boolean): DeleteWorld {
  const world = new DeleteWorld(together);
  world.step({ do: 'restore' });
  world.step({ do: 'deliver' });
  for (const step of steps) world.step(step);
  world.finish();
  return world;
}

describe('DeletionClassifier', () => {
  it('without loss: an expiry is never a user’s, a user’s never the server’s unless an event of the key is in its window', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyUnit, { weight: 2, arbitrary: quietly }), { maxLength: 60 }),
        fc.boolean(),
        (steps, together) => {
          const { all, windows, events } = run(steps, together);
          for (const one of all) {
            const window = windows.find(({ to }) => to >= one.end)!;
            const within = (at: number): boolean => at > window.from && at <= window.to;
            const near = events.filter(({ key, at }) => key === one.key && within(at)).length;
            const deletes = all.filter(({ key, end }) => key === one.key && within(end));
            // Exact: no event, and only then, is a client's.
            expect(one.verdict === 'user').toBe(near === 0);
            if (one.truth !== 'user') expect(one.verdict).not.toBe('user');
            const asOne = new Set(deletes.map(({ batch }) => batch)).size === 1;
            if (near === deletes.length && asOne && deletes.every(({ truth }) => truth !== 'user'))
              expect(one.verdict).toBe(one.truth);
            if (asOne && near !== deletes.length && near > 0) expect(one.verdict).toBe('mixed');
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('with loss and breaks: an expiry is never a user’s, and what stands in a gap is mixed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 4, arbitrary: anyUnit }, { weight: 6, arbitrary: quietly }, badly), {
          maxLength: 60,
        }),
        fc.boolean(),
        (steps, together) => {
          const { all, windows } = run(steps, together);
          for (const one of all) {
            if (one.truth !== 'user') expect(one.verdict).not.toBe('user');
            const window = windows.find(({ to }) => to >= one.end);
            if (window !== undefined && !window.trusted) expect(one.verdict).toBe('mixed');
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('with breaks of the stream: an expiry read again is not a user’s either', () => {
    const back = fc.integer({ min: 1, max: 20 }).map((units): Step => ({ do: 'reread', units }));
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 3, arbitrary: anyUnit }, { weight: 8, arbitrary: quietly }, back), {
          minLength: 20,
          maxLength: 80,
        }),
        (steps) => {
          for (const { truth, verdict } of run(steps, true).all) if (truth !== 'user') expect(verdict).not.toBe('user');
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('a delete read again whose window was dropped is mixed', () => {
    const classifier = ready();
    classifier.event(0, 'k', 'expired');
    classifier.fence(at(10));
    classifier.event(0, 'other', 'expired');
    classifier.fence(at(20));
    const deletes = [del('k', 10), del('u', 20)];
    expect(classifier.judge(id, deletes)).toEqual(['expired', 'user']);
    expect(classifier.judge(id, deletes)).toEqual(['mixed', 'user']);
  });

  it('holds nothing of windows that were read, paired or not', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyUnit, quietly), { maxLength: 60 }), (steps) => {
        const world = run([...steps, { do: 'unit', parts: [{ key: 'z', what: 'user' }] }], true);
        const last = world.all.at(-1)!;
        world.classifier.fence({ replicationId: id, offset: last.end + 10 });
        expect(world.classifier.judge(id, [{ db: 0, key: 'z', end: last.end + 11 }])).toEqual(['mixed']);
        expect(world.classifier.events).toBe(0);
      }),
    );
  });

  const at = (offset: number, replicationId = id): { replicationId: string; offset: number } => ({
    replicationId,
    offset,
  });
  const del = (key: string, end: number, db = 0): StreamDelete => ({ db, key, end });
  const ready = (maxEvents?: number): DeletionClassifier => {
    const classifier = new DeletionClassifier(maxEvents);
    classifier.restored(at(0));
    return classifier;
  };

  it('a set emptied by SREM, then expired: events and deletes do not pair', () => {
    const classifier = ready();
    // Emptied: the stream shows SREM. Made anew and expired at 20; deleted by a user at 40, long after.
    classifier.event(0, 's', 'expired');
    classifier.event(0, 's', 'expired');
    classifier.fence(at(30));
    expect(classifier.judge(id, [del('s', 20)])).toEqual(['mixed']);
    classifier.fence(at(50));
    expect(classifier.judge(id, [del('s', 40)])).toEqual(['user']);
  });

  it('lazily expired and deleted by its client in one unit', () => {
    const classifier = ready();
    classifier.event(0, 'e', 'expired');
    classifier.fence(at(50));
    expect(classifier.judge(id, [del('e', 40), del('e', 40)])).toEqual(['mixed', 'mixed']);
  });

  it('a replica that lags: windows ahead of the reader are kept apart', () => {
    const classifier = ready();
    classifier.fence(at(10));
    classifier.event(0, 'k', 'expired');
    classifier.fence(at(20));
    classifier.fence(at(30));
    classifier.event(0, 'k', 'evicted');
    classifier.fence(at(40));
    expect(classifier.judge(id, [del('k', 5)])).toEqual(['user']);
    expect(classifier.judge(id, [del('k', 20), del('k', 25), del('k', 31)])).toEqual(['expired', 'user', 'evicted']);
  });

  it('an event that belongs to a delete not yet read makes a later one mixed, never a user’s', () => {
    const classifier = ready();
    classifier.event(0, 'k', 'expired');
    classifier.fence(at(30));
    expect(classifier.judge(id, [del('k', 10)])).toEqual(['expired']);
    expect(classifier.judge(id, [del('k', 20)])).toEqual(['mixed']);
  });

  it('keeps databases apart', () => {
    const classifier = ready();
    classifier.event(1, 'k', 'expired');
    classifier.fence(at(30));
    expect(classifier.judge(id, [del('k', 10), del('k', 10, 1)])).toEqual(['user', 'expired']);
  });

  it('another history, or a fence before its predecessor, begins anew with a gap', () => {
    const classifier = ready();
    classifier.fence(at(100));
    classifier.event(0, 'k', 'expired');
    classifier.fence(at(50, 'b'));
    expect(classifier.judge('b', [del('k', 40), del('k', 45)])).toEqual(['mixed', 'mixed']);
    expect(classifier.judge(id, [del('k', 101)])).toEqual(['mixed']);
    classifier.fence(at(60, 'b'));
    expect(classifier.judge('b', [del('k', 55)])).toEqual(['user']);
    classifier.fence(at(10, 'b'));
    expect(classifier.judge('b', [del('k', 5)])).toEqual(['mixed']);
    expect(classifier.covers('b', 11)).toBe(false);
  });

  it('over the limit the oldest windows become gaps', () => {
    const classifier = ready(4);
    for (const [key, end] of [
      ['a', 10],
      ['b', 20],
      ['c', 30],
      ['d', 40],
    ] as const) {
      classifier.event(0, key, 'expired');
      classifier.fence(at(end));
    }
    expect([classifier.events, classifier.overflows]).toEqual([4, 0]);
    classifier.event(0, 'e', 'expired');
    classifier.fence(at(50));
    expect([classifier.events, classifier.overflows]).toEqual([2, 1]);
    expect(
      classifier.judge(
        id,
        ['a', 'b', 'c', 'd', 'e'].map((key, i) => del(key, 10 * i + 10)),
      ),
    ).toEqual(['mixed', 'mixed', 'mixed', 'expired', 'expired']);
  });

  it('over the limit within one window, that window becomes a gap, the next is whole', () => {
    const classifier = ready(4);
    for (let i = 0; i < 10; i++) classifier.event(0, `k${i}`, 'evicted');
    classifier.fence(at(50));
    classifier.event(0, 'z', 'evicted');
    classifier.fence(at(60));
    expect(classifier.judge(id, [del('k1', 50), del('u', 50), del('z', 60), del('u', 60)])).toEqual([
      'mixed',
      'mixed',
      'evicted',
      'user',
    ]);
  });
});
