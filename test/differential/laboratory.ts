/**
 * What runs share, so that a run takes a second and not ten: three sites, and a plain server that no replicator knows.
 *
 * Between runs the sites are emptied by deleting every key at every site; where that does not leave them empty and in
 * step, they are ended and new ones are started. A run that failed always ends them.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  compareServers,
  type Mesh,
  prepareMesh,
  type RedisServer,
  RedisServer as Server,
  settled,
  temporaryFolder,
} from '../../apps/demo/src/lab/index.ts';
import type { Payloads } from './draw.ts';
import { excluded, generators } from './generator-table.ts';
import { unknownTo } from './known-generators.ts';
import { takePayloads } from './payloads.ts';
import { RawConnection } from './raw-connection.ts';
import { writeCommandsOf } from './write-commands.ts';

export interface Laboratory {
  readonly folder: string;
  readonly mesh: Mesh;
  /** Without a replicator. */
  readonly plain: RedisServer;
  readonly payloads: Payloads;
  /** Names of generators that not every server knows. */
  readonly unknown: ReadonlySet<string>;
}

let kept: Laboratory | undefined;

/** Three sites that hold nothing. */
export async function laboratory(): Promise<Laboratory> {
  if (kept !== undefined && !(await emptied(kept))) await endLaboratory();
  kept ??= await start();
  return kept;
}

/** Ends the sites; the next run starts new ones. */
export async function endLaboratory(): Promise<void> {
  const ending = kept;
  kept = undefined;
  if (ending === undefined) return;
  await ending.mesh.stop();
  ending.plain.disconnect();
  await ending.plain.kill();
  if (process.env.ENTWINE_KEEP !== '1') rmSync(ending.folder, { recursive: true, force: true, maxRetries: 5 });
}

async function start(): Promise<Laboratory> {
  const folder = temporaryFolder('differential');
  const plain = await Server.start({ name: 'plain', folder: join(folder, 'plain') });
  const mesh = await prepareMesh({ names: ['a', 'b', 'c'], withReplicas: false, folder });
  const servers = [plain, ...mesh.sites.map(({ master }) => master)];
  for (const server of servers) await requireGenerators(server);
  const payloads = await takePayloads(plain);
  const unknown = await unknownTo(servers, payloads);
  await mesh.startReplicators();
  return { folder, mesh, plain, payloads, unknown };
}

async function requireGenerators(server: RedisServer): Promise<void> {
  const missing = (await writeCommandsOf(server)).filter((name) => !generators.has(name) && !(name in excluded));
  if (missing.length > 0) throw new Error(`commands that write and have no generator: ${missing.join(', ')}`);
}

async function emptied({ mesh, plain }: Laboratory): Promise<boolean> {
  const masters = mesh.sites.map(({ master }) => master);
  await Promise.all([...masters, plain].map(empty));
  try {
    await settled(mesh.sites, 5_000);
  } catch {
    return false;
  }
  const { keys, differing } = await compareServers([...masters, plain]);
  return keys + differing === 0;
}

/** Deletes one by one, as applications do, and leaves the replicator's own keys alone. */
async function empty(server: RedisServer): Promise<void> {
  const connection = await RawConnection.open(server.port);
  for (const db of ['0', '1', '2']) {
    await connection.call('SELECT', db);
    const keys = (await connection.call('KEYS', '*')) as string[];
    const data = keys.filter((key) => !key.startsWith('entwine:{'));
    if (data.length > 0) await connection.call('UNLINK', ...data);
  }
  const libraries = (await connection.call('FUNCTION', 'LIST')) as string[][];
  if (libraries.length > 0) await connection.call('FUNCTION', 'FLUSH');
  connection.close();
}
