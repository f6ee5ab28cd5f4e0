/** The Redis model against a live Redis where it takes some thought to get there. */
import { afterAll, beforeAll, test } from 'vitest';
import { freshSeed, Random, type RedisServer } from '../../apps/demo/src/lab/index.ts';
import { takePayloads } from '../differential/payloads.ts';
import { cornerCases } from './corner-cases.ts';
import { LiveCheck } from './live-check.ts';
import { startLiveServer } from './live-server.ts';
import { OddCommands } from './odd-commands.ts';

const seed = Number(process.env.ENTWINE_SEED ?? freshSeed());
const runs = Number(process.env.ENTWINE_RUNS ?? 3);

let server: RedisServer;
let check: LiveCheck;

beforeAll(async () => {
  server = await startLiveServer();
  check = await LiveCheck.open(server);
});

afterAll(async () => {
  check.close();
  await server.stop();
});

test(`odd arguments (seed ${seed})`, async () => {
  const payloads = Object.values((await takePayloads(server)).keys).flat();
  for (let run = 0; run < runs; run++) {
    const odd = new OddCommands(new Random(seed + run), Date.now(), payloads);
    await check.run(odd.sequence(500));
  }
});

test.each([...cornerCases])('%s', async (_name, commands) => {
  await check.run(commands);
});
