/**
 * What our user may do, found by trying harmlessly.
 *
 * Rules: every probe is a command that the server refuses for another reason once its rights check has passed, or that
 * changes nothing; ACL DRYRUN is not used because asking it takes administrator's rights. NOPERM means no, any other
 * answer means yes. PSYNC is tried behind another command's output, where it cannot begin, and with an offset that is no
 * number. It leaves one thing behind: the script `return 1` in the script cache.
 */
import { Connection, type ConnectionOptions } from '../connection/connection.ts';
import { ErrorReply, type Reply } from '../connection/reply-parser.ts';
import type { RedisEndpoint } from '../redis-endpoint.ts';

/** The commands asked about. */
export type Right =
  | 'PING'
  | 'INFO'
  | 'REPLCONF'
  | 'PSYNC'
  | 'CONFIG GET'
  | 'CONFIG SET'
  | 'PSUBSCRIBE'
  | 'COMMAND'
  | 'PUBLISH'
  | 'EVALSHA'
  | 'SCRIPT LOAD'
  | 'HSET'
  | 'HGETALL';

/** Whether each is allowed, for the marker key where a key is concerned. */
export type Rights = Readonly<Record<Right, boolean>>;

function probes(markerKey: string): Readonly<Record<Exclude<Right, 'PSYNC'>, readonly string[]>> {
  return {
    PING: ['PING'],
    INFO: ['INFO', 'server'],
    REPLCONF: ['REPLCONF', 'entwine-probe', '1'],
    'CONFIG GET': ['CONFIG', 'GET', 'maxmemory'],
    'CONFIG SET': ['CONFIG', 'SET', 'entwine-probe', '1'],
    EVALSHA: ['EVALSHA', '0'.repeat(40), '1', markerKey],
    'SCRIPT LOAD': ['SCRIPT', 'LOAD', 'return 1'],
    // An odd number of arguments passes the rights check and then fails.
    HSET: ['HSET', markerKey, 'field', 'value', 'field'],
    HGETALL: ['HGETALL', markerKey],
    COMMAND: ['COMMAND', 'INFO', 'ping'],
    // A channel of ours is never passed on.
    PUBLISH: ['PUBLISH', markerKey, 'probe'],
    // Last, because only few commands may follow it.
    PSUBSCRIBE: ['PSUBSCRIBE', '__keyevent@*__:expired', '__keyevent@*__:evicted'],
  };
}

/** Probes on connections of its own. */
export async function probeRights(
  endpoint: RedisEndpoint,
  markerKey: string,
  options: ConnectionOptions = {},
): Promise<Rights> {
  const connection = await Connection.open(endpoint, options);
  const replica = await Connection.open(endpoint, options).catch((error: unknown) => {
    connection.close();
    throw error;
  });
  try {
    const [, psync] = await replica.callAll([['PING'], ['PSYNC', '?', 'none']]);
    const rights: Partial<Record<Right, boolean>> = { PSYNC: isAllowed(psync!) };
    for (const [right, command] of Object.entries(probes(markerKey))) {
      rights[right as Right] = isAllowed(await connection.call(...command));
    }
    return rights as Rights;
  } finally {
    connection.close();
    replica.close();
  }
}

function isAllowed(reply: Reply): boolean {
  return !(reply instanceof ErrorReply && reply.message.startsWith('NOPERM'));
}
