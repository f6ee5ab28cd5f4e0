/** What a server holds, of some keys. */
import { type RedisServer, readKeyspace } from '../../apps/demo/src/lab/index.ts';

/** One line for each key of which `is` holds, in order: its database, name, type, elements, and expiry if it has one. */
export async function keysOf(
  server: RedisServer,
  is: (key: string, db: number) => boolean = () => true,
): Promise<readonly string[]> {
  return server.with(async (client) => {
    const lines = new Set<string>();
    for await (const { db, key, type, expiry, elements } of readKeyspace(client)) {
      if (!is(key, db)) continue;
      const held = [...elements].map(([name, value]) => (name === '' ? value : `${name}=${value}`));
      if (type !== 'list') held.sort();
      lines.add(`${db} ${key} ${type} ${held.join(' ')}${expiry < 0 ? '' : ` until ${expiry}`}`);
    }
    return [...lines].sort();
  });
}
