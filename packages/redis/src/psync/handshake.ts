/**
 * Presents us to a server as a replica that nobody will promote, wait for or connect to.
 *
 * Rules: the order is that of a replica's own handshake (PING and AUTH are done when the connection opens); each answer
 * is awaited, so that PSYNC never stands behind another command's output. We announce port -1, which Sentinel and
 * clients pass over, and of capabilities only `eof` and `psync2`. Servers may refuse options: that is not fatal, except
 * a denial. It does not send PSYNC.
 */
import type { Connection } from '../connection/connection.ts';
import { ErrorReply } from '../connection/reply-parser.ts';
import { type NodeInfo, parseInfo } from '../discovery/parse-info.ts';
import { endpointName } from '../redis-endpoint.ts';
import { errorOfReply, RedisError } from '../redis-error.ts';

/**
 * The replica version announced to Valkey. From 9.0 on Valkey sends RDB 80 to those who say so, and to others an RDB
 * that cannot carry hash fields with a TTL: the full sync would fail every time.
 */
export const announcedVersion: string = '9.0.0';

/** Shakes hands. Resolves with what the server says of itself immediately before PSYNC may be sent. */
export async function shakeHands(connection: Connection): Promise<NodeInfo> {
  const product = await askInfo(connection);
  await option(connection, 'listening-port', '-1');
  await option(connection, 'capa', 'eof', 'capa', 'psync2');
  if (product.product === 'valkey' && Number.parseInt(product.version, 10) >= 8) {
    await option(connection, 'version', announcedVersion);
  }
  return askInfo(connection);
}

async function option(connection: Connection, ...args: string[]): Promise<void> {
  const reply = await connection.call('REPLCONF', ...args);
  if (!(reply instanceof ErrorReply)) return;
  const error = errorOfReply(reply.message, connection.endpoint, 'REPLCONF');
  if (error.code === 'denied' || error.code === 'not-authenticated') throw error;
}

async function askInfo(connection: Connection): Promise<NodeInfo> {
  const info = await connection.ask('INFO');
  if (typeof info === 'string') return parseInfo(info);
  throw new RedisError('not-redis', `${endpointName(connection.endpoint)} gives no INFO; check host and port`);
}
