import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyCommand, anyIncrement, anySteps, keepsExpiriesSettled } from '../../test-support/arbitrary-steps.ts';
import { Mesh } from '../../test-support/mesh.ts';
import { oracle } from '../../test-support/oracle.ts';

for (const forgetting of [false, true])
  for (const [name, command] of [
    ['any', anyCommand],
    ['inc', anyIncrement],
  ] as const)
    it(`equal ${name} ${forgetting}`, { timeout: 60000 }, () => {
      fc.assert(
        fc.property(fc.integer({ min: 2, max: 4 }), anySteps(command), (n, steps) => {
          const mesh = new Mesh(n, forgetting, keepsExpiriesSettled);
          for (const step of steps) mesh.step(step);
          mesh.settle();
          const want = oracle(mesh.entries().map((e) => e.entry));
          for (const site of mesh.sites) expect(site.keyspace.readout()).toEqual(want);
        }),
        { numRuns: 3000 },
      );
    });
