import { serverBinary } from '../../apps/demo/src/lab/server-binary.ts';

/** Whether `npm run servers` has built a server, as `redis-8` or `valkey-9`. */
export function isBuilt(server: string): boolean {
  try {
    return serverBinary(server) !== '';
  } catch {
    return false;
  }
}
