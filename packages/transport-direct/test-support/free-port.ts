/**
 * A loopback port that nobody listens on. Taken from below the range that the system hands out by itself, so that neither a
 * proxy nor an outgoing connection gets it in the meantime.
 */
import { createServer } from 'node:net';

const lowest = 20_000;
const count = 12_000;
let next = (process.pid * 37) % count;

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < count; tries++) {
    next = (next + 1) % count;
    if (await isFree(lowest + next)) return lowest + next;
  }
  throw new Error('no port is free');
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
