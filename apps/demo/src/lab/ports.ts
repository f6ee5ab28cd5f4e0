/**
 * Free loopback ports, chosen below the range the kernel hands out for outgoing connections, so that a server can be
 * restarted on its port. A port is given out once per process; another process may still take it first. Workers of the test
 * runner, which names them in VITEST_POOL_ID, have a share each: a server that is down for a while finds its port free.
 */
import { createServer } from 'node:net';

const shares = 4;
const share = 3000;
const lowest = 20_000 + share * (Number(process.env.VITEST_POOL_ID ?? 0) % shares);
const highest = lowest + share - 1;
const given = new Set<number>();

/** A port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port found between ${lowest} and ${highest}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
