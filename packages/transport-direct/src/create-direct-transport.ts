/**
 * A `Transport` that needs no broker: TCP or TLS between replicators.
 *
 * Each site dials every peer to read that peer's log, and serves its own log to those that dial it; so an ordered pair of
 * sites has one connection. What is not acknowledged is in the origin's log and nowhere else: this package keeps nothing
 * but what is on its way. It compresses nothing and does not look into batches.
 */
import { randomBytes } from 'node:crypto';
import type { LinkStatus, Origin, Transport, TransportHost } from '@entwine/core';
import { checkOptions } from './check-options.ts';
import type { DirectLimits, DirectOptions } from './direct-options.ts';
import { DirectOptionsError } from './direct-options-error.ts';
import { Dialer } from './link/dialer.ts';
import { LinkBoard } from './link/link-board.ts';
import type { LinkContext } from './link/link-context.ts';
import { Listener } from './link/listener.ts';
import type { Identity } from './wire/identity.ts';
import { nonceBytes } from './wire/protocol.ts';

/**
 * Makes a transport; nothing is opened before `start`.
 * @throws DirectOptionsError when the options can't be right.
 */
export function createDirectTransport(options: DirectOptions): Transport {
  return new DirectTransport(options, checkOptions(options));
}

class DirectTransport implements Transport {
  readonly #options: DirectOptions;
  readonly #limits: DirectLimits;
  readonly #dialers = new Map<string, Dialer>();
  #listener: Listener | undefined;
  #board: LinkBoard | undefined;
  #closed = false;

  constructor(options: DirectOptions, limits: DirectLimits) {
    this.#options = options;
    this.#limits = limits;
  }

  async start(host: TransportHost): Promise<void> {
    if (this.#board !== undefined || this.#closed) throw new DirectOptionsError('state', 'a transport starts once');
    const { peers, listen, security, random } = this.#options;
    this.#board = new LinkBoard((status) => {
      if (!this.#closed) host.linkChanged(status);
    });
    const context: LinkContext = {
      self: identify(this.#options),
      host,
      limits: this.#limits,
      security,
      board: this.#board,
      random: random ?? Math.random,
      nonce: () => randomBytes(nonceBytes),
    };
    if (listen !== undefined) {
      this.#listener = new Listener(context, (site) => this.#dialers.get(site)?.hurry());
      await this.#listener.start(listen.host, listen.port);
    }
    if (this.#closed) return;
    for (const peer of peers) {
      const dialer = new Dialer(context, peer);
      this.#dialers.set(peer.site, dialer);
      dialer.start();
    }
  }

  flushed(seq: number): void {
    this.#listener?.flushed(seq);
  }

  settled(origin: Origin, seq: number): void {
    this.#dialer(origin)?.settled(origin, seq);
  }

  pause(origin: Origin): void {
    this.#dialer(origin)?.pause(origin);
  }

  resume(origin: Origin): void {
    this.#dialer(origin)?.resume(origin);
  }

  links(): readonly LinkStatus[] {
    return this.#board?.list() ?? [];
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const dialer of this.#dialers.values()) dialer.close();
    await this.#listener?.close();
  }

  #dialer(origin: Origin): Dialer | undefined {
    return this.#dialers.get(origin.slice(0, origin.indexOf('/')));
  }
}

function identify(options: DirectOptions): Identity {
  const { site, shard, deployment, priority, entrySchema, peers, security, policies = '' } = options;
  const priorities = new Map([[site, priority]]);
  for (const peer of peers) if (peer.priority !== undefined) priorities.set(peer.site, peer.priority);
  const token = security.kind === 'tls' ? undefined : security.token;
  const byName = new Map(peers.map((peer) => [peer.site, peer]));
  return { site, shard, deployment, priority, policies, entrySchema, token, peers: byName, priorities };
}
