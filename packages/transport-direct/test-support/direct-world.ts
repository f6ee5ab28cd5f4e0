/** Sites joined by direct transports on loopback, every connection through a proxy. */
import type { Transport } from '@entwine/core';
import type { TransportWorld } from '@entwine/testkit';
import { createDirectTransport, type DirectLimits, type DirectOptions, type DirectSecurity } from '../src/index.ts';
import { freePort } from './free-port.ts';
import { TcpProxy } from './tcp-proxy.ts';

export interface DirectWorldOptions {
  readonly security?: DirectSecurity;
  readonly limits?: Partial<DirectLimits>;
  /** Changes what a site is told. */
  readonly change?: (options: DirectOptions) => DirectOptions;
}

export class DirectWorld implements TransportWorld {
  readonly ports = new Map<string, number>();
  readonly #proxies = new Map<string, TcpProxy>();
  readonly #proxyPorts = new Map<string, number>();
  readonly #options: DirectWorldOptions;

  constructor(options: DirectWorldOptions) {
    this.#options = options;
  }

  static async make(sites: readonly string[], options: DirectWorldOptions = {}): Promise<DirectWorld> {
    const world = new DirectWorld(options);
    for (const site of sites) world.ports.set(site, await freePort());
    for (const dialer of sites) {
      for (const [listener, port] of world.ports) {
        const proxy = new TcpProxy(port);
        world.#proxies.set(`${dialer} ${listener}`, proxy);
        world.#proxyPorts.set(`${dialer} ${listener}`, await proxy.start());
      }
    }
    return world;
  }

  transport(site: string): Transport {
    const sites = [...this.ports.keys()];
    const options: DirectOptions = {
      site,
      shard: 'one',
      deployment: 'test',
      priority: sites.indexOf(site) + 1,
      entrySchema: { current: 1, oldest: 1 },
      listen: { host: '127.0.0.1', port: this.ports.get(site)! },
      peers: sites
        .filter((peer) => peer !== site)
        .map((peer) => ({ site: peer, host: '127.0.0.1', port: this.#proxyPorts.get(`${site} ${peer}`)! })),
      security: this.#options.security ?? { kind: 'plain' },
      limits: { backoffCapMs: 400, ...this.#options.limits },
    };
    return createDirectTransport(this.#options.change?.(options) ?? options);
  }

  /** What stands between a site and the peer that it dials. */
  proxy(dialer: string, listener: string): TcpProxy {
    return this.#proxies.get(`${dialer} ${listener}`)!;
  }

  cut(a: string, b: string): void {
    this.proxy(a, b).cut();
    this.proxy(b, a).cut();
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy.close();
  }
}
