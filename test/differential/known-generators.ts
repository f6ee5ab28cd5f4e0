/**
 * Which generators all servers of a laboratory can be sent: those of commands that each of them lists, of options that each
 * accepts, and of payloads that each can restore. Servers of several versions share the oldest one's commands that way.
 *
 * It asks servers that are empty and leaves them so; no replicator may be at work on them.
 */
import type { RedisServer } from '../../apps/demo/src/lab/index.ts';
import type { Payloads } from './draw.ts';
import { generators } from './generator-table.ts';
import { RawConnection, Refused } from './raw-connection.ts';
import type { Words } from './row.ts';
import { commandsOf } from './write-commands.ts';

/** The names of the generators that some server does not know. */
export async function unknownTo(servers: readonly RedisServer[], payloads: Payloads): Promise<Set<string>> {
  const unknown = await Promise.all(servers.map((server) => unknownToOne(server, payloads)));
  return new Set(unknown.flat());
}

async function unknownToOne(server: RedisServer, payloads: Payloads): Promise<string[]> {
  const listed = new Set(await commandsOf(server));
  const connection = await RawConnection.open(server.port);
  const probes = new Map<string, Words>([
    ['restore', ['RESTORE', 'probe', '0', payloads.keys.z[0] ?? '']],
    ['function|restore', ['FUNCTION', 'RESTORE', payloads.functions[0]]],
  ]);
  const unknown: string[] = [];
  for (const { name, words, probe = probes.get(name) } of generators.values()) {
    let known = listed.has(name) || listed.has(words.join('|').toLowerCase());
    if (known && probe !== undefined) {
      known = !((await connection.call(...probe)) instanceof Refused);
      await connection.send([
        ['DEL', 'probe'],
        ['FUNCTION', 'FLUSH'],
      ]);
    }
    if (!known) unknown.push(name);
  }
  connection.close();
  return unknown;
}
