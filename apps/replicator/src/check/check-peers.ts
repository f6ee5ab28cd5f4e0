/**
 * Whether something accepts connections at each peer's address. Who it is shows only when the link is up: see `status`.
 */
import { connect } from 'node:net';
import { type Address, formatAddress } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import { type Finding, finding } from './finding.ts';

const timeoutMs = 2_000;

/** One finding per peer; a configuration without peers is a warning. */
export async function checkPeers(config: Config): Promise<Finding[]> {
  if (config.peers.length === 0) {
    const remedy = 'List the other sites under peers; each needs site, priority and address.';
    return [finding('warning', 'peers', 'peers', 'no peer is configured, so nothing is replicated', remedy)];
  }
  return await Promise.all(
    config.peers.map(async (peer) => {
      const address = formatAddress(peer.address);
      const failure = await tryConnect(peer.address);
      if (failure === undefined) return finding('ok', 'peers', peer.site, `${address} accepts connections`);
      const remedy = 'Start its replicator, or check the address and the firewall. "run" keeps trying.';
      return finding('warning', 'peers', peer.site, `${address} cannot be reached (${failure})`, remedy);
    }),
  );
}

function tryConnect(address: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address.host, port: address.port });
    const end = (failure: string | undefined): void => {
      socket.destroy();
      resolve(failure);
    };
    socket.setTimeout(timeoutMs, () => end(`no answer within ${timeoutMs} ms`));
    socket.once('connect', () => end(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
