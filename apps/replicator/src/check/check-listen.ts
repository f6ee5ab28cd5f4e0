/**
 * Whether the addresses to listen on are free: each is opened for a moment and closed again.
 */
import { type Address, formatAddress } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import { describeListenFailure } from '../listen-failure.ts';
import { tryListen } from '../try-listen.ts';
import { type Finding, finding } from './finding.ts';

/** `running`: the replicator of this configuration runs, so its addresses are in use by right. */
export async function checkListen(config: Config, running: boolean): Promise<Finding[]> {
  const addresses = [
    ['http.listen', config.http.listen],
    ['link.listen', config.link.listen],
  ] as const;
  return await Promise.all(addresses.map(([name, address]) => checkOne(name, address, running)));
}

async function checkOne(name: string, address: Address, running: boolean): Promise<Finding> {
  const text = formatAddress(address);
  const code = await tryListen(address);
  if (code === undefined) return finding('ok', 'listen', name, `${text} is free`);
  if (code === 'EADDRINUSE' && running) {
    return finding('ok', 'listen', name, `${text} is in use by the running replicator of this site`);
  }
  const { message, remedy } = describeListenFailure(code);
  return finding('error', 'listen', name, `${text} ${message}`, `${remedy[0]!.toUpperCase()}${remedy.slice(1)}.`);
}
