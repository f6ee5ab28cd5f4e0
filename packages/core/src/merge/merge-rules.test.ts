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
        const wanted = withoutGrace(oracle(entries.map(({ entry }) => entry)));
        for (const site of mesh.sites)
          expect(withoutGrace(site.keyspace.readout()), `${site.origin} of\n${show(entries)}`).toEqual(wanted);
        const observer = new Observer();
        observer.receive(entries, (most) => gen(fc.nat, { max: most }));
        expect(withoutGrace(observer.keyspace.readout()), `observed:\n${show(observer.seen)}`).toEqual(wanted);
      }),
      { numRuns: runs },
    );
  });
});
