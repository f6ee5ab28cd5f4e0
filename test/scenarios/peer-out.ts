/**
 * A replicator that does not come back: capturing waits for it, until it is declared out at one site. The others follow, what one of them
 * lacks of it is passed on, and from then on nobody waits for it nor obeys it: started again, it stops.
 */
import { configOf, pause, Random, type RedisServer, waitFor } from '../../apps/demo/src/lab/index.ts';
import { assertSame } from '../support/assert-same.ts';
import { expectSame, expectThat } from '../support/expect-that.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';
import { writeDistinct } from '../support/write-distinct.ts';

/** After so long a peer that says nothing counts as away, ms. */
const awayMs = 9500;
/** So that what is remembered is soon too much, and nothing goes to disk. */
const limits = { maxWindowBytes: 4 * 1024 * 1024, spillWindowBytes: 64 * 1024 * 1024 };

export const peerOut: Scenario = {
  name: 'peer-out',
  title:
    'a site declared out: the others agree, have the same of it, forget and capture again; it is not obeyed any more',
  ciRuns: 1,
  fullRuns: 5,
  run,
};

async function run(context: RunContext): Promise<Figures> {
  const random = new Random(context.seed);
  const mesh = await context.prepare({ names: ['a', 'b', 'c'] });
  for (const { replicator } of mesh.sites) replicator.configure({ ...configOf(replicator.options), limits });
  await mesh.startReplicators();
  const [a, b, c] = [mesh.site('a'), mesh.site('b'), mesh.site('c')];
  const remaining = [a, b];
  await writeDistinct(a.master, 'before', 100);
  await assertSame(mesh.sites);

  // It dies amid what it ships: one site may have more of it than the other.
  const dying = writeDistinct(c.master, 'theirs', 5000);
  await waitFor(
    'something of it has arrived',
    async () => (await a.master.with((client) => client.exists('theirs:50'))) === 1,
    {
      everyMs: 1,
    },
  );
  await c.replicator.kill();
  await dying;
  await pause(awayMs);
  const count = context.full ? 50_000 : 15_000;
  await writeDistinct(a.master, 'first', count);
  await waitFor('capturing waits', async () => {
    const { alarms } = await a.replicator.status();
    return alarms.some(
      ({ name, active, message }) => name === 'window-full' && active && /capturing waits, /.test(message),
    );
  });
  const waiting = await a.replicator.status();
  expectThat('it has not captured everything', waiting.capturedUnits < 100 + count, waiting.capturedUnits);

  const teller = random.pick(remaining);
  expectThat(
    'a site that is there is refused',
    /is there: its link is up/.test(await teller.replicator.declareOut(teller === a ? 'b' : 'a')),
  );
  expectThat('the command says so', /^c is declared out/.test(await teller.replicator.declareOut('c')));
  for (const { name, replicator } of remaining) {
    await waitFor(
      `it is in force at ${name}`,
      async () => {
        const [out] = (await replicator.status()).out;
        return out?.site === 'c' && out.inForce;
      },
      { describe: () => replicator.tail(10) },
    );
  }
  const same = await assertSame(remaining);
  await waitFor('capturing goes on', async () => {
    const { alarms, capturedUnits } = await a.replicator.status();
    return capturedUnits === 100 + count && alarms.every(({ name, active }) => name !== 'window-full' || !active);
  });
  await waitFor('what was kept for it is forgotten', async () => {
    const { seq, window } = await a.replicator.status();
    return seq.first > waiting.seq.first && window.heldBy === null;
  });

  const kept = await keysOfC(a.master);
  c.replicator.start();
  await waitFor('it has stopped, or is refused', async () => {
    const status = await c.replicator.tryStatus();
    const isRefused = status?.alarms.some(
      ({ name, active, message }) => name.startsWith('link-') && active && /trimmed/.test(message),
    );
    return status?.state === 'resync-required' || isRefused === true;
  });
  await writeDistinct(b.master, 'after', 100);
  await assertSame(remaining);
  expectSame('keys of the site that is out', await keysOfC(a.master), kept);
  const alarm = (await a.replicator.status()).alarms.find(({ name }) => name === 'declared-out-c');
  expectThat('an alarm tells it', alarm?.active === true && /It must resynchronise/.test(alarm.message), alarm);
  return { capturedWhileWaiting: waiting.capturedUnits, keysOfTheSiteOut: kept, teller: teller.name, ...same };
}

/** How much of what the site wrote at the end is here. */
async function keysOfC(server: RedisServer): Promise<number> {
  return (await server.with((client) => client.keys('theirs:*'))).length;
}
