/** The apply script's twin against the script on a live Redis: random calls among random plain commands, and calls at limits. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { freshSeed, type RedisServer } from '../../apps/demo/src/lab/index.ts';
import { applyScript, standaloneMarkerKey } from '../../packages/core/src/index.ts';
import type { Payloads } from '../differential/draw.ts';
import { takePayloads } from '../differential/payloads.ts';
import type { Group } from '../differential/row.ts';
import { LiveCheck } from './live-check.ts';
import { startLiveServer } from './live-server.ts';
import { modelledGroups, unknownGenerators } from './random-commands.ts';
import { carryOut, scriptCall, withScriptCalls } from './script-calls.ts';
import { scriptCases } from './script-cases.ts';

const seed = Number(process.env.ENTWINE_SEED ?? freshSeed());
const runs = Number(process.env.ENTWINE_RUNS ?? 3);

let server: RedisServer;
let check: LiveCheck;
let payloads: Payloads;

beforeAll(async () => {
  server = await startLiveServer();
  payloads = await takePayloads(server);
  await server.with((client) => client.script('LOAD', applyScript));
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
  test(`replies, stream and keys are the script's (seed ${seed})`, async () => {
    for (let run = 0; run < runs; run++) {
      const commands = withScriptCalls({
        ...{ seed: seed + run, site: 'a', prefix: 'p', now: Date.now(), groups, without: unknownGenerators },
        ...{ determinate: true, flushAll: true, payloads, commands: 500, withDues: false },
      });
      await check.run(commands, carryOut);
    }
  });
});

describe('limits and mistakes', () => {
  test.each(scriptCases.map(([name, ...rest]) => ({ name, rest })))('$name', async ({ rest: [before, ...calls] }) => {
    let own = '';
    const commands = calls.map((operations, place) => {
      const expected = own;
      own = `o${place}`;
      return scriptCall(['', '', '', 'own', expected, own], ...operations);
    });
    await check.run([...before, ...commands], carryOut);
  });

  test('markers', async () => {
    const write = ['S', 'k', 'v'];
    await check.run(
      [
        scriptCall(['b', '', 'p1', 'own', '', 'o1'], ...write),
        scriptCall(['b', 'p0', 'p2', 'own', 'o1', 'o2'], 'X', 'k'),
        scriptCall(['b', 'p1', 'p2', 'own', 'o0', 'o2'], 'X', 'k'),
        scriptCall(['c', 'p1', 'p2', 'own', 'o1', 'o2'], 'X', 'k'),
        scriptCall(['b', 'p1', 'p2', 'own', 'o1', 'o2'], 'X', 'k'),
        scriptCall(['', 'any', 'p2', 'own', 'o2', 'o3'], 'F', ...write, 'D', '1', 'W', ...write),
        ['SET', standaloneMarkerKey, 'text'],
        scriptCall(['', '', '', 'own', 'o3', 'o4'], ...write),
        scriptCall(['b', 'p1', '', 'own', '', 'o4'], ...write),
        scriptCall(['b', '', '', 'own', '', 'o4']),
      ],
      carryOut,
    );
  });
});
