import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromByteString, toByteString } from '../bytes/byte-string.ts';
import * as cells from '../commands/stream-cells.ts';
import type { Version } from '../version/version.ts';
import { mergeTrim, movedId, type Trim } from './stream-entry.ts';
import { groupOf } from './stream-group.ts';
import { mergeStream, restoreSteps, seenOf, stepsOf, trimSteps, wholeSteps } from './stream-merge.ts';
import type { HeldStream, StreamCells, StreamStep } from './stream-step.ts';

const id = (text: string): string => cells.parseId(text)!;
const value = (...words: string[]): Uint8Array[] => words.map(fromByteString);
const at = (time: number, priority = 1, index = 0): Version => ({ time, priority, index });

type Write =
  | { readonly cell: string; readonly version: Version; readonly value: readonly Uint8Array[] | null }
  | { readonly trim: Trim };

/** A site's memory and, by its steps alone, its Redis. */
class Site {
  readonly cells: StreamCells = new Map();
  trims: readonly Trim[] = [];
  readonly redis: MiniStream = new MiniStream();

  get held(): HeldStream {
    return { cells: this.cells, trims: this.trims, alive: () => true };
  }

  receive(write: Write): void {
    if ('trim' in write) {
      const before = this.trims;
      this.trims = mergeTrim(before, write.trim);
      if (this.trims !== before) this.#run(trimSteps(this.held, before, write.trim, at(1e9)));
      return;
    }
    const seen = seenOf(this.held, write.cell);
    mergeStream(this.cells, write.cell, write.version, write.value);
    this.#run(stepsOf(this.held, write.cell, write.version, write.value, seen));
  }

  #run(steps: readonly StreamStep[]): void {
    for (const step of steps) this.redis.run(step);
  }
}

/** What the script's operations make of a stream; a delivery without an entry counts as none. */
class MiniStream {
  exists = false;
  last = cells.lowestId;
  readonly entries: Map<string, string> = new Map();
  readonly groups: Map<string, { last: string; pending: Map<string, string> }> = new Map();

  run(step: StreamStep): void {
    switch (step.does) {
      case 'exist':
        this.exists = true;
        return;
      case 'raise':
        this.#raise(step.id);
        return;
      case 'add':
        this.#raise(step.id);
        this.entries.set(step.id, step.value.map((part) => toByteString(part)).join(' '));
        return;
      case 'remove':
        this.entries.delete(step.id);
        return;
      case 'trim':
        for (const each of [...this.entries.keys()])
          if (each < step.before && !step.spared.includes(each)) this.entries.delete(each);
        return;
      case 'position':
        this.exists = true;
        this.#group(step.group).last = step.id;
        return;
      case 'advance': {
        this.exists = true;
        const group = this.#group(step.group);
        if (step.id > group.last) group.last = step.id;
        return;
      }
      case 'destroy':
        this.groups.delete(step.group);
        return;
      case 'consumer':
        return;
      case 'dropConsumer': {
        const pending = this.groups.get(step.group)?.pending ?? new Map<string, string>();
        for (const [entry, owner] of pending) if (owner.startsWith(`${step.consumer} `)) pending.delete(entry);
        return;
      }
      case 'deliver': {
        const pending = this.groups.get(step.group)?.pending;
        if (this.entries.has(step.id)) pending?.set(step.id, step.value.map((part) => toByteString(part)).join(' '));
        else pending?.delete(step.id);
        return;
      }
      case 'acknowledge':
        this.groups.get(step.group)?.pending.delete(step.id);
    }
  }

  #raise(to: string): void {
    this.exists = true;
    if (to > this.last) this.last = to;
  }

  #group(name: string): { last: string; pending: Map<string, string> } {
    let group = this.groups.get(name);
    if (group === undefined) {
      group = { last: cells.lowestId, pending: new Map() };
      this.groups.set(name, group);
    }
    return group;
  }

  show(): unknown {
    const sorted = (map: Map<string, string>): string[] =>
      [...map].map(([each, text]) => `${cells.idText(each)} ${text}`).sort();
    return {
      entries: sorted(this.entries),
      groups: [...this.groups]
        .map(([name, { last, pending }]) => {
          const living = new Map([...pending].filter(([entry]) => this.entries.has(entry)));
          return `${name} ${cells.idText(last)} ${sorted(living).join(', ')}`;
        })
        .sort(),
    };
  }
}

const ids = ['1-1', '1-2', '2-1', '9-9'].map(id);
const anyId = fc.constantFrom(...ids, movedId(ids[0]!, 1), movedId(ids[0]!, 2));
const anyGroup = fc.constantFrom('g', 'h');
const anyConsumer = fc.constantFrom('x', 'y');
const anyValue = fc.constantFrom(value('f', 'a'), value('f', 'b'), value('f', 'c'));

type Kind = { readonly cell: string; readonly value: readonly Uint8Array[] | null } | { readonly before: string };
const anyKind: fc.Arbitrary<Kind> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ cell: fc.constantFrom(...ids).map(cells.entryCell), value: anyValue }) },
  { weight: 3, arbitrary: fc.record({ cell: anyId.map(cells.entryCell), value: fc.constant(null) }) },
  { weight: 1, arbitrary: fc.record({ before: anyId }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(anyGroup, anyId)
      .map(([group, last]) => ({ cell: cells.positionCell(group), value: cells.positionValue(last, '-1') })),
  },
  { weight: 1, arbitrary: anyGroup.map((group) => ({ cell: cells.groupEndCell(group), value: null })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(anyGroup, anyConsumer)
      .map(([group, consumer]) => ({ cell: cells.consumerEndCell(group, consumer), value: null })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(anyGroup, anyId)
      .map(([group, entry]) => ({ cell: cells.deliveryCell(group, entry), value: null })),
  },
);

/** A delivery and the advance that comes with it. */
const anyDelivery = fc.tuple(anyGroup, fc.constantFrom(...ids), anyConsumer, anyId);

/** What three sites write: times and priorities make every version unique. */
const anyWrites: fc.Arbitrary<Write[]> = fc
  .array(fc.tuple(fc.oneof({ weight: 3, arbitrary: anyKind }, anyDelivery), fc.integer({ min: 1, max: 3 })), {
    minLength: 1,
    maxLength: 10,
  })
  .map((writes) =>
    writes.flatMap(([what, priority], n): Write[] => {
      const version = at(n + 1, priority);
      if (Array.isArray(what)) {
        const [group, entry, consumer, last] = what;
        return [
          { cell: cells.deliveryCell(group, entry), version, value: value(consumer, '5', '1') },
          { cell: cells.advanceCell(group), version: at(n + 1, priority, 1), value: cells.idValue(last) },
        ];
      }
      if ('before' in what) return [{ trim: { version, before: what.before } }];
      return [{ cell: what.cell, version, value: what.value }];
    }),
  );

describe('three sites that have received the same', () => {
  it('hold the same, in any order, with duplicates', () => {
    fc.assert(
      fc.property(
        anyWrites.chain((writes) =>
          fc.tuple(
            fc.constant(writes),
            fc.shuffledSubarray([...writes, ...writes], { minLength: 2 * writes.length, maxLength: 2 * writes.length }),
          ),
        ),
        ([writes, shuffled]) => {
          const one = new Site();
          const other = new Site();
          for (const write of writes) one.receive(write);
          for (const write of shuffled) other.receive(write);
          expect(other.redis.show()).toEqual(one.redis.show());
          const whole = new MiniStream();
          for (const step of wholeSteps(other.held)) whole.run(step);
          for (const name of other.cells.keys())
            for (const step of restoreSteps(other.held, name)) other.redis.run(step);
          expect(other.redis.show(), 'and what is right stays so').toEqual(one.redis.show());
          expect(whole.show(), 'and it can be put back from what is remembered').toEqual(one.redis.show());
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('the last ID', () => {
  // Each site adds at an ID of its own: nothing moves.
  const anyStep: fc.Arbitrary<Kind> = fc.oneof(
    fc.record({ cell: fc.constantFrom(...ids).map(cells.entryCell), value: fc.constantFrom(value('f', 'a'), null) }),
    fc.record({ before: fc.constantFrom(...ids) }),
  );
  const anyHistory = fc.array(fc.tuple(anyStep, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 8 });

  it('is that of all entries that ever were, in any order', () => {
    fc.assert(
      fc.property(
        anyHistory.chain((steps) => {
          const writes = steps.map(([what, remover], n): Write => {
            if ('before' in what) return { trim: { version: at(n + 1, remover), before: what.before } };
            const priority = what.value === null ? remover : 1 + ids.map(cells.entryCell).indexOf(what.cell);
            return { cell: what.cell, version: at(n + 1, priority), value: what.value };
          });
          const shuffled = fc.shuffledSubarray(writes, { minLength: writes.length });
          return fc.tuple(fc.constant(writes), shuffled);
        }),
        ([writes, shuffled]) => {
          const [one, other, whole] = [new Site(), new Site(), new MiniStream()];
          for (const write of writes) one.receive(write);
          for (const write of shuffled) other.receive(write);
          expect(other.redis.last).toBe(one.redis.last);
          for (const step of wholeSteps(other.held)) whole.run(step);
          expect(whole.last, 'and it can be put back from what is remembered').toBe(one.redis.last);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('the same ID at two sites', () => {
  const entry = (time: number, priority: number, ...words: string[]): Write => ({
    ...{ cell: cells.entryCell(ids[0]!), version: at(time, priority) },
    value: value(...words),
  });
  const gone = (time: number, priority: number, where = ids[0]!): Write => ({
    ...{ cell: cells.entryCell(where), version: at(time, priority) },
    value: null,
  });
  const moved = (priority: number): string => cells.idText(movedId(ids[0]!, priority));
  const outcome = (...writes: Write[]): unknown => {
    const site = new Site();
    for (const write of writes) site.receive(write);
    return site.redis.show();
  };
  const only = (...entries: string[]): unknown => ({ entries: entries.sort(), groups: [] });

  it.each([
    ['the higher priority keeps it', [entry(1, 1, 'a'), entry(2, 2, 'b')], ['1-1 b', `${moved(1)} a`]],
    ['whoever was first', [entry(1, 2, 'b'), entry(2, 1, 'a')], ['1-1 b', `${moved(1)} a`]],
    ['of three', [entry(1, 1, 'a'), entry(2, 3, 'c'), entry(3, 2, 'b')], ['1-1 c', `${moved(1)} a`, `${moved(2)} b`]],
    ['with the same fields they are one', [entry(1, 1, 'a'), entry(2, 2, 'a')], ['1-1 a']],
    ['a removal takes what holds the ID', [entry(1, 1, 'a'), entry(2, 2, 'b'), gone(3, 1)], [`${moved(1)} a`]],
    ['whatever came in between', [entry(1, 1, 'a'), gone(3, 1), entry(2, 2, 'b')], [`${moved(1)} a`]],
    ['what was removed before stays so', [entry(1, 1, 'a'), gone(2, 1), entry(3, 2, 'b')], ['1-1 b']],
    [
      'the one that moved can be removed',
      [entry(1, 1, 'a'), entry(2, 2, 'b'), gone(3, 2, movedId(ids[0]!, 1))],
      ['1-1 b'],
    ],
    ['before it has moved, too', [gone(3, 2, movedId(ids[0]!, 1)), entry(1, 1, 'a'), entry(2, 2, 'b')], ['1-1 b']],
  ] as const)('%s', (_name, writes, entries) => {
    expect(outcome(...writes)).toEqual(only(...entries));
  });

  it('moves up within its millisecond', () => {
    for (const priority of [0, 1, 77, 2 ** 20 - 1]) {
      expect(movedId(ids[1]!, priority) > id('1-9223372036854775807')).toBe(true);
      expect(movedId(ids[1]!, priority).slice(0, 8)).toBe(ids[1]!.slice(0, 8));
    }
  });

  // A server whose clock is behind counts on from the last ID, here one that has moved.
  it('nothing is lost where two sites count on from an ID that has moved', () => {
    const next = (from: string, by: bigint): string => {
      const [ms, sequence] = cells.idText(from).split('-');
      return id(`${ms}-${BigInt(sequence!) + by}`);
    };
    const write = (time: number, priority: number, where: string): Write => ({
      ...{ cell: cells.entryCell(where), version: at(time, priority) },
      value: value(`${time}`, `${priority}`),
    });
    const writes: Write[] = [write(1, 1, id('5-1')), write(2, 2, id('5-1'))];
    let last = movedId(id('5-1'), 1);
    for (let time = 3; time < 9; time += 2) {
      const where = next(last, 1n);
      writes.push(
        write(time, 1, where),
        write(time + 1, 2, where),
        write(time, 1, id(`5-${time}`)),
        write(time, 2, id(`5-${time}`)),
      );
      last = movedId(where, 1);
    }
    for (const order of [writes, writes.toReversed()]) {
      const { entries } = outcome(...order) as { entries: string[] };
      expect(entries).toHaveLength(writes.length);
    }
    expect(outcome(...writes)).toEqual(outcome(...writes.toReversed()));
  });
});

describe('a group', () => {
  it('has no delivery of an entry that was added since at its ID, in whichever order they come', () => {
    const added = (time: number): Write => ({
      ...{ cell: cells.entryCell(ids[0]!), version: at(time, 2), value: value('f', `${time}`) },
    });
    const delivered: Write[] = [
      { cell: cells.deliveryCell('g', ids[0]!), version: at(2), value: value('x', '5', '1') },
      { cell: cells.advanceCell('g'), version: at(2, 1, 1), value: cells.idValue(ids[0]!) },
    ];
    const outcome = (...writes: Write[]): unknown => {
      const site = new Site();
      for (const write of writes) site.receive(write);
      return site.redis.show();
    };
    expect(outcome(added(1), ...delivered)).toEqual({ entries: ['1-1 f 1'], groups: ['g 1-1 1-1 x 5 1'] });
    for (const writes of [
      [added(3), ...delivered],
      [...delivered, added(3)],
      [added(1), ...delivered, added(3)],
    ])
      expect(outcome(...writes)).toEqual({ entries: ['1-1 f 3'], groups: ['g 1-1 '] });
  });

  it('is as far as the furthest site since it was set', () => {
    const site = new Site();
    const advance = (time: number, priority: number, to: string): Write => ({
      ...{ cell: cells.advanceCell('g'), version: at(time, priority) },
      value: cells.idValue(id(to)),
    });
    site.receive(advance(1, 1, '9-9'));
    site.receive(advance(2, 2, '2-1'));
    expect(cells.idText(groupOf(site.held, 'g').lastId)).toBe('9-9');
    site.receive({ cell: cells.positionCell('g'), version: at(3, 1), value: cells.positionValue(id('1-1'), '4') });
    expect(groupOf(site.held, 'g')).toMatchObject({ lastId: id('1-1'), read: '4' });
    site.receive(advance(4, 2, '1-2'));
    expect(groupOf(site.held, 'g')).toMatchObject({ lastId: id('1-2'), read: '-1' });
  });
});
