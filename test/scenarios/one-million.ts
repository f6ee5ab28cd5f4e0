/**
 * A million writes at one site, then silence: the other has applied exactly as many, and nothing echoes.
 */
import { settled } from '../../apps/demo/src/lab/index.ts';
import { appliedByMetrics, appliedFrom } from '../support/applied.ts';
import { assertSame } from '../support/assert-same.ts';
import { expectSame } from '../support/expect-that.ts';
import type { Scenario } from '../support/scenario.ts';
import { assertSilence } from '../support/silence.ts';
import { writeDistinct } from '../support/write-distinct.ts';

export const oneMillion: Scenario = {
  name: 'one-million',
  title: 'a million writes at A, then silence: B applied exactly a million, then nothing but heartbeats crosses',
  ciRuns: 1,
  fullRuns: 1,
  run: async (context) => {
    const writes = context.full ? 1_000_000 : 20_000;
    const mesh = await context.start({ names: ['a', 'b'] });
    const [a, b] = [mesh.site('a'), mesh.site('b')];
    const started = performance.now();
    await writeDistinct(a.master, 'million', writes);
    await settled(mesh.sites, 300_000);
    const seconds = (performance.now() - started) / 1000;
    context.log(`${writes} writes settled after ${seconds.toFixed(1)} s`);

    const [statusA, statusB] = [await a.replicator.status(), await b.replicator.status()];
    expectSame('units captured at A', statusA.capturedUnits, writes);
    expectSame('units captured at B', statusB.capturedUnits, 0);
    expectSame('entries of A applied at B, by the status', appliedFrom(statusB, 'a'), writes);
    expectSame('entries of A applied at B, by the metrics', await appliedByMetrics(b, 'a'), writes);
    expectSame('entries of B applied at A', appliedFrom(statusA, 'b'), 0);

    const silence = await assertSilence(mesh.sites, context.full ? 10_000 : 3_000);
    const same = await assertSame(mesh.sites);
    expectSame('keys', same.keys, writes);
    return { writes, writesPerSecond: Math.round(writes / seconds), ...silence, ...same };
  },
};
