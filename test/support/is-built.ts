import { serverBinary } from '../../apps/demo/src/lab/server-binary.ts';

/** Whether `npm run servers` has built a server, as `redis-8` or `valkey-9`. */
export function isBuilt(server: string): boolean {
  try {
    return serverBinary(server) !== '';
  } catch {
    return false;
  }
}

/** For the name of a test: that servers are there, or why it is skipped. */
export function whetherBuilt(...servers: readonly string[]): string {
  const missing = servers.filter((server) => !isBuilt(server));
  return missing.length === 0 ? 'as built' : `skipped: npm run servers could not build ${missing.join(' and ')}`;
}
