/**
 * Captures which commands write, by the servers' own account, as the fixture of the test that our table knows them all.
 *
 *     node_modules/.bin/node --conditions=@entwine/source scripts/capture-write-commands.ts SERVER...
 *
 * A SERVER is one that `npm run servers` has built, such as `redis-8.6`. Each is started on a free loopback port, asked
 * for COMMAND and ended. What has the flag `write` is kept by its name, a subcommand as `XGROUP|CREATE`, under the full
 * version of its server in `test/fixtures/write-commands.json`; versions that are not named stay as they are.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RedisServer } from '../apps/demo/src/lab/redis-server.ts';
import { temporaryFolder } from '../apps/demo/src/lab/temporary.ts';
import { writeCommandsOf } from '../test/commands/write-commands-of.ts';

const fixture = join(import.meta.dirname, '../test/fixtures/write-commands.json');
async function capture(binary: string, folder: string): Promise<[string, string[]]> {
  const server = await RedisServer.start({ name: binary, folder, binary });
  try {
    const info = await server.info('server');
    const valkey = info.get('valkey_version');
    const version = valkey === undefined ? `redis-${info.get('redis_version')}` : `valkey-${valkey}`;
    return [version, (await server.with(writeCommandsOf)).sort()];
  } finally {
    await server.stop();
  }
}

const servers = process.argv.slice(2);
if (servers.length === 0) throw new Error('name the servers, such as redis-7 redis-8 valkey-8 valkey-9');
const known: Record<string, string[]> = existsSync(fixture) ? JSON.parse(readFileSync(fixture, 'utf8')) : {};
const folder = temporaryFolder('write-commands');
for (const binary of servers) {
  const [version, names] = await capture(binary, folder);
  known[version] = names;
  console.log(`${version}: ${names.length} commands write`);
}
mkdirSync(dirname(fixture), { recursive: true });
const sorted = Object.fromEntries(Object.entries(known).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(fixture, `${JSON.stringify(sorted, null, 2)}\n`);
