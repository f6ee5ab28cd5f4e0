/** The Redis model against a live Redis: random sequences of every write command that both know. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { freshSeed, type RedisServer } from '../../apps/demo/src/lab/index.ts';
import { commandStream } from '../differential/command-stream.ts';
import type { Payloads } from '../differential/draw.ts';
import { takePayloads } from '../differential/payloads.ts';
import type { Group } from '../differential/row.ts';
import { LiveCheck } from './live-check.ts';
import { startLiveServer } from './live-server.ts';
import { commandsOf, modelledGroups, unknownGenerators } from './random-commands.ts';

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

const chosen: readonly { readonly groups: readonly Group[] }[] = [
  ...modelledGroups.map((group) => ({ groups: [group, 'keys', 'expiry'] as const })),
  { groups: [...modelledGroups, 'keys', 'expiry', 'flush'] },
];

describe.each(chosen)('$groups', ({ groups }) => {
  test(`replies, stream and keys are the server's (seed ${seed})`, async () => {
    for (let run = 0; run < runs; run++) {
      const steps = commandStream({
        ...{ seed: seed + run, site: 'a', prefix: 'p', now: Date.now(), groups },
        without: unknownGenerators,
        ...{ determinate: true, flushAll: true, payloads, commands: 1_000, withDues: false },
      });
      await check.run(steps.flatMap(commandsOf));
    }
  });
});
