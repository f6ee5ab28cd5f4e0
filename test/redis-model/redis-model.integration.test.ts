/** The Redis model against a live Redis: random sequences of every write command that both know. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { freshSeed, type RedisServer } from '../../apps/demo/src/lab/index.ts';
import { commandTable } from '../../packages/testkit/src/redis-model/commands/command-table.ts';
import { commandStream } from '../differential/command-stream.ts';
import type { Payloads } from '../differential/draw.ts';
import { generators } from '../differential/generator-table.ts';
import { takePayloads } from '../differential/payloads.ts';
import { contentGroups, type Group, type Words } from '../differential/row.ts';
import { LiveCheck } from './live-check.ts';
import { startLiveServer } from './live-server.ts';

const seed = Number(process.env.ENTWINE_SEED ?? freshSeed());
const runs = Number(process.env.ENTWINE_RUNS ?? 3);

let server: RedisServer;
let check: LiveCheck;
let payloads: Payloads;

beforeAll(async () => {
  server = await startLiveServer();
  payloads = await takePayloads(server);
  check = await LiveCheck.open(server);
});

afterAll(async () => {
  check.close();
  await server.stop();
});

/** Generators that the model has no command for, or that Redis 7.0 has not. */
const without = new Set(
  [...generators.values()]
    .filter(({ name, words }) => name.includes('(') || !commandTable.has(words.join(' ')))
    .map(({ name }) => name),
);

/** What the model is sent: nothing that would wait, which it does inside of transactions only. */
function commandsOf(steps: ReturnType<typeof commandStream>): Words[] {
  return steps.flatMap(({ db, commands }) => {
    const start = commands.findIndex(([name]) => name === 'MULTI');
    const atOnce = commands.filter(([name], place) => place > start || !/^B[LZ]MPOP$/.test(name ?? ''));
    return [['SELECT', String(db)], ...atOnce];
  });
}

/** What the model knows something of. */
const modelled = contentGroups.filter((group) =>
  [...generators.values()].some((row) => row.group === group && !without.has(row.name)),
);

const chosen: readonly { readonly groups: readonly Group[] }[] = [
  ...modelled.map((group) => ({ groups: [group, 'keys', 'expiry'] as const })),
  { groups: [...modelled, 'keys', 'expiry', 'flush'] },
];

describe.each(chosen)('$groups', ({ groups }) => {
  test(`replies, stream and keys are the server's (seed ${seed})`, async () => {
    for (let run = 0; run < runs; run++) {
      const steps = commandStream({
        ...{ seed: seed + run, site: 'a', prefix: 'p', now: Date.now(), groups, without },
        ...{ determinate: true, flushAll: true, payloads, commands: 1_000, withDues: false },
      });
      await check.run(commandsOf(steps));
    }
  });
});
