/** What is on record at several sites, whatever the order in which they hear of each other. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anySteps } from '../../test-support/arbitrary-steps.ts';
import { Mesh, type MeshSite, type Step } from '../../test-support/mesh.ts';
import { anyMixedCommand, anyStringCommand } from '../../test-support/rule-commands.ts';
import { show } from '../../test-support/show-entries.ts';
import type { Covers, Entry } from '../entry/entry.ts';
import type { Version } from '../version/version.ts';
import type { Conflict } from './conflict.ts';

function run(count: number, forgetting: boolean, steps: readonly Step[]): Mesh {
  const mesh = new Mesh(count, forgetting);
  for (const step of steps) mesh.step(step);
  mesh.settle();
  return mesh;
}

const idOf = ({ db, key, cell, loser, winner, kind }: Conflict): string =>
  JSON.stringify([db, key, kind, cell, loser.time, loser.priority, loser.index, winner.priority]);

/** The entry that a version is of. */
function entryOf(mesh: Mesh, { time, priority }: Version): Entry {
  return mesh.entries().find(({ entry }) => entry.time === time && entry.priority === priority)!.entry;
}

/** What the writer of an entry had seen of a site: of a key that it tells whole, what that includes. */
function seenOf(entry: Entry, { db, key }: Conflict, priority: number): number {
  let seen: Covers = entry.seen!;
  for (const op of entry.type === 'unit' ? entry.ops : [])
    if (op.type === 'state' && op.db === db && op.key === key && op.covers !== null) seen = op.covers;
  return seen.find(([site]) => site === priority)![1];
}

const priorityOf = (site: MeshSite): number => site.priority;

it.each([
  ['all kinds', anyMixedCommand],
  ['parts of strings', anyStringCommand],
])('no conflict is of writes of which one had been seen, nor of other sites: %s', (_name, command) => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 4 }), fc.boolean(), anySteps(command, 30), (count, forgetting, steps) => {
      const mesh = run(count, forgetting, steps);
      for (const site of mesh.sites) {
        expect(new Set(site.conflicts.map(idOf)).size, show(mesh.entries())).toBe(site.conflicts.length);
        for (const conflict of site.conflicts) {
          const { winner, loser } = conflict;
          expect([winner.priority, loser.priority]).toContain(priorityOf(site));
          expect(winner.priority).not.toBe(loser.priority);
          const text = `${show(mesh.entries())}\n${idOf(conflict)}`;
          expect(seenOf(entryOf(mesh, winner), conflict, loser.priority), text).toBeLessThan(loser.time);
          expect(seenOf(entryOf(mesh, loser), conflict, winner.priority), text).toBeLessThan(winner.time);
        }
      }
    }),
    { numRuns: 500 },
  );
});

/** One write each to a few cells, at two sites. */
const anyCell = fc.constantFrom('HSET h f', 'HSET h g', 'SET s', 'HSET d f', 'ZADD z');
const anyWrite = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(anyCell, fc.integer({ min: 1, max: 3 })).map(([cell, value]) => textOf(cell, value)),
  },
  { weight: 1, arbitrary: fc.constantFrom('DEL d', 'HDEL h f', 'DEL z', 'SADD m x', 'SREM m x', 'DEL m') },
);

function textOf(cell: string, value: number): string {
  return cell.startsWith('ZADD') ? `${cell} ${value} m` : `${cell} ${value}`;
}

it('both writers agree, when each has written to a key once', () => {
  const anyWrites = fc.uniqueArray(anyWrite, { maxLength: 5, selector: (text) => text.split(' ')[1]! });
  fc.assert(
    fc.property(anyWrites, anyWrites, fc.nat({ max: 5 }), fc.nat({ max: 5 }), fc.boolean(), (one, two, a, b, later) => {
      const mesh = new Mesh(2, false);
      const write = (site: number, text: string): void =>
        mesh.step({ do: 'write', site, unit: [{ db: 0, args: text.split(' ') }] });
      for (const text of ['HSET d f 0 o 0', 'SADD m o', 'HSET h f 0']) write(0, text);
      mesh.settle();
      if (later) mesh.step({ do: 'wait', site: 1, ms: 10 });
      one.slice(0, a).forEach((text) => {
        write(0, text);
      });
      two.slice(0, b).forEach((text) => {
        write(1, text);
      });
      mesh.step({ do: 'deliver', from: 0, to: 1, entries: a });
      mesh.step({ do: 'deliver', from: 1, to: 0, entries: b });
      one.slice(a).forEach((text) => {
        write(0, text);
      });
      two.slice(b).forEach((text) => {
        write(1, text);
      });
      mesh.settle();
      const [first, second] = mesh.sites.map(({ conflicts }) => conflicts.map(idOf).sort());
      expect(first, show(mesh.entries())).toEqual(second);
    }),
    { numRuns: 1000 },
  );
});

it('what a site has lost it has on record itself, whoever has won', () => {
  const anyOne = fc.constantFrom('1', '2', '3');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 2 }), anyOne, fc.nat({ max: 3 })), { maxLength: 20 }), (writes) => {
      const mesh = new Mesh(3, false);
      const written: { site: number; value: string; time: number }[] = [];
      writes.forEach(([site, value, deliver], i) => {
        mesh.step({ do: 'write', site, unit: [{ db: 0, args: ['SET', 'k', `${value}.${i}`] }] });
        written.push({ site, value: `${value}.${i}`, time: mesh.sites[site]!.last });
        if (deliver < 3 && deliver !== site) mesh.step({ do: 'deliver', from: site, to: deliver, entries: 9 });
      });
      mesh.settle();
      const held = mesh.sites.map((site) => site.keyspace.readout());
      const lost = written.filter(({ site, time }) => {
        const { priority } = mesh.sites[site]!;
        // Neither overwritten by its own site, nor by who had seen it; nor what stands.
        const newer = written.filter((one) => one.time > time || (one.time === time && one.site > site));
        if (newer.length === 0 || newer.some((one) => one.site === site)) return false;
        return !newer.some(({ site: other, time: at }) => {
          const { entry } = mesh.entries().find(({ entry: one }) => one.time === at && one.priority === other + 1)!;
          return entry.seen!.find(([of]) => of === priority)![1] >= time;
        });
      });
      for (const { site, time } of lost) {
        const { conflicts } = mesh.sites[site]!;
        expect(conflicts.filter(({ loser }) => loser.time === time && loser.priority === site + 1)).toHaveLength(1);
      }
      expect(held[0]).toEqual(held[1]);
    }),
    { numRuns: 500 },
  );
});
