/**
 * `npm run alongside -- [--sites N] [--json FILE] [--redis WORDS] COMMAND [ARGUMENT …]`: runs any program against one
 * of several sites, then compares all of them.
 *
 * Each site is a Redis with its replicator, on loopback, in a temporary folder; `--redis` has arguments for the
 * servers, such as `--redis="--enable-debug-command yes"`. The program runs on the first site's Redis:
 * `{port}` in its arguments becomes the port, and so do REDIS_PORT, REDIS_URL and REDIS_HOST in its environment. What it
 * exits with is told, and does not count: a test suite may fail for reasons of its own.
 *
 * The sites are compared when it is over, and whenever the program fetches COMPARE_URL, in a hook after each of its tests, say:
 * the answer comes when all is settled, 200 when every site holds the same and 409 with the differences when not. The path
 * names the moment in what is told. Exits 0 only if no comparison found a difference.
 */
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { type Comparison, type Mesh, prepareMesh, temporaryFolder } from '../apps/demo/src/lab/index.ts';
import { compareSettled } from './differential/differences.ts';

/** How long sites that do not agree are looked at again, ms. */
const patienceMs = 10_000;

async function main(): Promise<number> {
  const own = process.argv.slice(2);
  const end = own.findIndex(
    (word, place) => !word.startsWith('--') && !/^--(sites|json|redis)$/.test(own[place - 1] ?? ''),
  );
  const { values } = parseArgs({
    args: own.slice(0, end < 0 ? own.length : end),
    options: {
      sites: { type: 'string', default: '3' },
      json: { type: 'string' },
      redis: { type: 'string', default: '' },
    },
  });
  const count = Number(values.sites);
  if (end < 0 || !(count >= 2 && count <= 9)) {
    console.error('npm run alongside -- [--sites 2..9] [--json FILE] [--redis WORDS] COMMAND [ARGUMENT …]');
    return 2;
  }
  const folder = temporaryFolder('alongside');
  const names = [...'abcdefghi'].slice(0, count);
  const redisArgs = values.redis.split(' ').filter((word) => word !== '');
  const mesh = await prepareMesh({ names, withReplicas: false, folder, redisArgs });
  try {
    await mesh.startReplicators();
    return await judge(mesh, own.slice(end), values.json);
  } finally {
    await mesh.stop();
    if (process.env.ENTWINE_KEEP !== '1') rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    else console.log(`kept: ${folder}`);
  }
}

/** Compares the sites as often as is asked for. */
class Comparer {
  readonly #mesh: Mesh;
  readonly #server = createServer((request, response) => {
    const moment = decodeURIComponent(request.url?.slice(1) ?? '');
    this.#turn = this.#turn
      .then(() => this.compare(moment))
      .then(
        (comparison) =>
          response.writeHead(comparison.differing === 0 ? 200 : 409).end(comparison.differences.join('\n')),
        (error: Error) => {
          this.different += 1;
          console.log(`${moment}: ${error.message}`);
          response.writeHead(500).end(error.message);
        },
      );
  });
  #turn: Promise<unknown> = Promise.resolve();
  comparisons = 0;
  /** How many of them found a difference, or could not be made. */
  different = 0;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  /** Listens; returns where. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }

  async compare(moment: string): Promise<Comparison> {
    const comparison = await compareSettled(this.#mesh.sites, patienceMs);
    this.comparisons += 1;
    if (comparison.differing > 0) {
      this.different += 1;
      console.log(`${moment}: ${comparison.differing} keys differ`);
      for (const line of comparison.differences) console.log(`  ${line}`);
    }
    return comparison;
  }
}

async function judge(mesh: Mesh, words: readonly string[], json: string | undefined): Promise<number> {
  const { port } = mesh.sites[0]!.master;
  const comparer = new Comparer(mesh);
  const env = {
    ...process.env,
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(port),
    REDIS_URL: `redis://127.0.0.1:${port}`,
    COMPARE_URL: await comparer.listen(),
  };
  const exit = await run(
    words.map((word) => word.replaceAll('{port}', String(port))),
    env,
  );
  console.log(`${words[0]} ended with ${exit}`);
  const { keys, elements, expiries } = await comparer.compare('in the end');
  comparer.close();
  const { comparisons, different } = comparer;
  for (const { name, replicator } of mesh.sites) console.log(told(name, await replicator.status()));
  console.log(`${keys} keys, ${elements} elements, ${expiries} expiries at ${mesh.sites.length} sites in the end`);
  console.log(`${comparisons} comparisons, ${different} found differences`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ exit, keys, comparisons, different }, null, 2)}\n`);
  return different === 0 ? 0 : 1;
}

function told(name: string, status: unknown): string {
  const { state, reason, untranslated, corrections, conflicts, alarms } = status as Record<string, unknown>;
  return `${name}: ${JSON.stringify({ state, reason, untranslated, corrections, conflicts, alarms })}`;
}

function run([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<number | string> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code ?? signal ?? 1));
  });
}

process.exit(await main());
