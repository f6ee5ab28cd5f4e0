/**
 * Which program runs as a server.
 *
 * A server is named by a path, by a program of the PATH, or by a product and the beginning of a version (`valkey-9`,
 * `redis-8.0`): then it is the newest one that `npm run servers` has built and that fits. The environment variable
 * ENTWINE_REDIS_SERVER names the server of every site (`valkey-9`), or of some (`a=redis-7,b=valkey-9`); the others, and
 * everything without it, run the machine's `redis-server`. It builds nothing.
 */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The part of the environment that is read. */
type Environment = Readonly<Record<string, string | undefined>>;

/** The program of a named server. Throws when none that fits is built. */
export function serverBinary(server: string, env: Environment = process.env): string {
  if (!/^(redis|valkey)-\d/.test(server)) return server;
  const newest = builtServers(env)
    .filter((built) => built === server || built.startsWith(`${server}.`))
    .at(-1);
  if (newest === undefined) {
    throw new Error(`there is no ${server} in ${cacheFolder(env)}; build it with: npm run servers -- ${server}`);
  }
  return programOf(newest, env);
}

/** What `npm run servers` has built, as `valkey-9.1.2`, the oldest version of each product first. */
export function builtServers(env: Environment = process.env): string[] {
  const cache = cacheFolder(env);
  const folders = existsSync(cache) ? readdirSync(cache) : [];
  return folders
    .filter((folder) => /^(redis|valkey)-\d/.test(folder) && existsSync(programOf(folder, env)))
    .sort(new Intl.Collator('en', { numeric: true }).compare);
}

/** The server of a site, as ENTWINE_REDIS_SERVER names it; of one that belongs to no site when none is given. */
export function serverOf(site?: string, env: Environment = process.env): string {
  const chosen = chosenServers(env);
  return (site === undefined ? undefined : chosen.get(site)) ?? chosen.get('*') ?? 'redis-server';
}

/** What ENTWINE_REDIS_SERVER names: the server of each site, and under `*` that of all others. */
export function chosenServers(env: Environment = process.env): ReadonlyMap<string, string> {
  const parts = (env.ENTWINE_REDIS_SERVER ?? '').split(',').map((part) => part.trim());
  return new Map(
    parts
      .filter((part) => part !== '')
      .map((part): [string, string] => {
        const [, site = '*', server = part] = /^([\w-]+)=(.+)$/.exec(part) ?? [];
        return [site, server];
      }),
  );
}

function programOf(folder: string, env: Environment): string {
  const product = folder.slice(0, folder.indexOf('-'));
  return join(cacheFolder(env), folder, 'bin', `${product}-server`);
}

/** Where `npm run servers` puts them. */
function cacheFolder(env: Environment): string {
  const caches = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache');
  return resolve(env.ENTWINE_SERVERS || join(caches, 'entwine/servers'));
}
