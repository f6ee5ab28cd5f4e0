/**
 * Whether an address can be listened on: it is opened for a moment and closed again.
 */
import { createServer } from 'node:net';
import type { Address } from './config/address.ts';

/** The code of the error (`EADDRINUSE`, …), or undefined when the address is free. */
export function tryListen(address: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(address.port, address.host, () => server.close(() => resolve(undefined)));
  });
}
