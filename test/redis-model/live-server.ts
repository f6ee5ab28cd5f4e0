/** A server to hold models to: it deletes what has expired only where a command meets it, as a model does until it is told. */
import { RedisServer, temporaryFolder } from '../../apps/demo/src/lab/index.ts';

export async function startLiveServer(): Promise<RedisServer> {
  const args = ['--enable-debug-command', 'yes'];
  const server = await RedisServer.start({ name: 'live', folder: temporaryFolder('redis-model'), args });
  await server.with((client) => client.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0'));
  return server;
}
