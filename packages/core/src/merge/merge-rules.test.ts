/**
 * Every merge rule of the contract on its own: the order in which entries come, and how they are grouped and repeated, does
 * not matter, and what stands in the end is what a slow and obvious merge of all of them says.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySteps } from '../../test-support/arbitrary-steps.ts';
import { Mesh } from '../../test-support/mesh.ts';
import { modelReadout } from '../../test-support/model-readout.ts';
import { Observer, withoutGrace } from '../../test-support/observer.ts';
import { oracle } from '../../test-support/oracle.ts';
import { inDbs, rules } from '../../test-support/rule-commands.ts';
import { show } from '../../test-support/show-entries.ts';
import { expiryGraceMs } from './expiry-grace.ts';
import { Model } from './model.ts';

const runs = 100;

/** Whether every site holds what the oracle says of all entries. */
function isAsTold(mesh: Mesh): boolean {
  const textOf = (readout: Readonly<Record<string, string>>): string =>
    JSON.stringify(Object.entries(withoutGrace(readout)).toSorted());
  const wanted = textOf(oracle(mesh.entries().map(({ entry }) => entry)));
  return mesh.sites.every(({ keyspace }) => textOf(keyspace.readout()) === wanted);
}

/** Without the keys that have expired, by what is said of them: who still holds them holds them for the grace. */
function alive(
  readout: Readonly<Record<string, string>>,
  said: Readonly<Record<string, string>>,
  now: number,
): Record<string, string> {
  const isOver = (key: string): boolean => Number(/ until (\d+)$/.exec(said[key] ?? '')?.[1] ?? now + 1) <= now;
  return Object.fromEntries(Object.entries(readout).filter(([key]) => !isOver(key)));
}

/**
 * What an observer holds, which lets nothing expire: a key whose expiry has passed is gone, or has none any more, where the sites
 * say so.
 */
function withoutPassed(
  readout: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
  now: number,
): Record<string, string> {
  const lines = Object.entries(readout).flatMap(([key, text]): [string, string][] => {
    const [, content = '', at = ''] = /^(.*) until (\d+)$/s.exec(text) ?? [];
    if (at === '' || Number(at) > now) return [[key, text]];
    if (wanted[key] === undefined) return [];
    return [[key, wanted[key] === content ? content : text]];
  });
  return Object.fromEntries(lines);
}

describe.each(rules)('merge rule: %s', (_rule, args) => {
  const histories = anySteps(inDbs(args), 30);
  const sites = fc.integer({ min: 2, max: 3 });

  it('commutative, grouped at will, idempotent: a model says what the oracle says', () => {
    fc.assert(
      fc.property(sites, histories, fc.gen(), (count, steps, gen) => {
        const mesh = new Mesh(count, false);
        for (const step of steps) mesh.step(step);
        mesh.settle();
        const entries = mesh.entries();
        const all = [...entries, ...gen(fc.subarray, entries)];
        const shuffled = gen(fc.shuffledSubarray, all, { minLength: all.length, maxLength: all.length });
        const model = new Model();
        for (const { origin, entry } of shuffled) {
          if (entry.type === 'heartbeat') continue;
          const stamp = { time: entry.time, priority: entry.priority, origin };
          for (const op of gen(fc.boolean) ? entry.ops.toReversed() : entry.ops) {
            if (op.type === 'flush') model.flush(op, stamp);
            else model.merge(op, stamp);
          }
        }
        expect(modelReadout(model), show(entries)).toEqual(oracle(entries.map(({ entry }) => entry)));
      }),
      { numRuns: runs },
    );
  });

  it('interleaved, repeated and batched: a key space holds what the oracle says, and so does every site', () => {
    fc.assert(
      fc.property(sites, histories, fc.gen(), (count, steps, gen) => {
        const mesh = new Mesh(count, false);
        for (const step of steps) mesh.step(step);
        mesh.settle();
        // What expired while it was on its way lives on for up to the grace at the sites that it reached late.
        if (!isAsTold(mesh)) {
          mesh.sites.forEach((_, site) => {
            mesh.step({ do: 'wait', site, ms: 2 * expiryGraceMs });
          });
          mesh.settle();
        }
        const entries = mesh.entries();
        const now = Math.max(...mesh.sites.map((site) => site.now));
        const said = oracle(entries.map(({ entry }) => entry));
        const wanted = withoutGrace(alive(said, said, now));
        for (const site of mesh.sites) {
          const held = withoutGrace(alive(site.keyspace.readout(), said, now));
          expect(held, `${site.origin} of\n${show(entries)}`).toEqual(wanted);
        }
        const observer = new Observer();
        observer.receive(entries, (most) => gen(fc.nat, { max: most }));
        const observed = withoutGrace(withoutPassed(alive(observer.keyspace.readout(), said, now), wanted, now));
        expect(observed, `observed:\n${show(observer.seen)}`).toEqual(wanted);
      }),
      { numRuns: runs },
    );
  });
});
