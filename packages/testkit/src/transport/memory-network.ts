/**
 * Transports joined in memory.
 *
 * Deterministic: nothing here knows time or chance. Every movement between two sites is one step handed to `schedule`,
 * which may run it at once, later, or in any order: a step moves whatever is next on its link, so order per link holds.
 * `drop` is asked at every batch whether it is lost; a loss breaks the link, as it does on a real one, and the reader
 * begins again where its host has got to. Bodies are copied, as on a wire. Security, limits and credit are not modelled.
 * `repeat` is given every batch that was delivered, and may have it delivered again, then or later.
 */
import type { EntryBatch, LinkStatus, Origin, Transport, TransportHost } from '@entwine/core';

/** A directed link: `from` is the site whose log it carries. */
export interface MemoryRoute {
  readonly from: string;
  readonly to: string;
}

/** How a memory network moves things. */
export interface MemoryNetworkOptions {
  /** Runs a step, now or later. @defaultValue queueMicrotask */
  readonly schedule?: (step: () => void, route: MemoryRoute) => void;
  /** Whether the batch about to arrive is lost. @defaultValue never */
  readonly drop?: (route: MemoryRoute) => boolean;
  /**
   * Told of every batch that has been delivered. @param again - delivers it once more, as long as both sites live, reach each
   * other and nothing is paused; with what has been written behind it since, if told so. @defaultValue nothing is repeated
   */
  readonly repeat?: (route: MemoryRoute, again: (longer: boolean) => void) => void;
  /** Whether a second transport of a site takes the place of the first, which then hears no more. @defaultValue it is refused */
  readonly replaces?: boolean;
  /** How much is read from a log for one step, in bytes. @defaultValue 64 KiB */
  readonly maxBatchBytes?: number;
}

/** Sites that reach each other. */
export interface MemoryNetwork {
  /** The site's transport; another one for the same site stands for a restart, once the first is closed. */
  transport(site: string): Transport;
  /** Breaks both links between two sites; they stay broken until `heal`. */
  cut(a: string, b: string): void;
  /** Lets two sites find each other again. */
  heal(a: string, b: string): void;
}

/** Makes a network that no one has joined yet. */
export function memoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  const net = new Net(options);
  return {
    transport: (site) => new MemoryTransport(net, site),
    cut: (a, b) => net.cut(a, b),
    heal: (a, b) => net.heal(a, b),
  };
}

class Net {
  readonly members = new Map<string, MemoryTransport>();
  readonly options: Required<MemoryNetworkOptions>;
  readonly #cuts = new Set<string>();

  constructor(options: MemoryNetworkOptions) {
    this.options = {
      schedule: options.schedule ?? ((step) => queueMicrotask(step)),
      drop: options.drop ?? (() => false),
      repeat: options.repeat ?? (() => {}),
      replaces: options.replaces ?? false,
      maxBatchBytes: options.maxBatchBytes ?? 65_536,
    };
  }

  joined(a: string, b: string): boolean {
    return !this.#cuts.has(pair(a, b));
  }

  cut(a: string, b: string): void {
    this.#cuts.add(pair(a, b));
    this.members.get(a)?.broken(b, 'cut');
    this.members.get(b)?.broken(a, 'cut');
  }

  heal(a: string, b: string): void {
    this.#cuts.delete(pair(a, b));
    this.wake(a);
    this.wake(b);
  }

  /** Lets everyone look whether there is something to read from a site, and it from them. */
  wake(site: string): void {
    for (const member of this.members.values()) {
      if (member.site === site) for (const other of this.members.keys()) member.look(other);
      else member.look(site);
    }
  }
}

/** The reading end of one route. */
interface Inbound {
  /** What comes next; undefined until the reader has said where it stands. */
  next: number | undefined;
  origin: Origin | undefined;
  moving: boolean;
}

class MemoryTransport implements Transport {
  readonly site: string;
  readonly #net: Net;
  readonly #inbound = new Map<string, Inbound>();
  readonly #paused = new Set<Origin>();
  readonly #links = new Map<string, LinkStatus>();
  /** There while the site has joined. */
  host: TransportHost | undefined;

  constructor(net: Net, site: string) {
    this.#net = net;
    this.site = site;
  }

  start(host: TransportHost): Promise<void> {
    const other = this.#net.members.get(this.site);
    if (other !== undefined && !this.#net.options.replaces)
      return Promise.reject(new Error(`${this.site} has joined already`));
    if (other !== undefined) void other.close();
    this.host = host;
    this.#net.members.set(this.site, this);
    this.#net.wake(this.site);
    return Promise.resolve();
  }

  flushed(_seq: number): void {
    for (const member of this.#net.members.values()) if (member !== this) member.look(this.site);
  }

  settled(origin: Origin, seq: number): void {
    const from = siteOf(origin);
    this.#net.options.schedule(
      () => {
        if (this.host === undefined || !this.#net.joined(this.site, from)) return;
        const peer = this.#net.members.get(from);
        if (peer?.host?.origin === origin) peer.host.acknowledged(this.site, seq);
      },
      { from: this.site, to: from },
    );
  }

  pause(origin: Origin): void {
    this.#paused.add(origin);
  }

  resume(origin: Origin): void {
    this.#paused.delete(origin);
    this.look(siteOf(origin));
  }

  links(): readonly LinkStatus[] {
    return [...this.#links.values()];
  }

  close(): Promise<void> {
    if (this.host === undefined) return Promise.resolve();
    this.host = undefined;
    this.#net.members.delete(this.site);
    for (const member of this.#net.members.values()) member.broken(this.site, 'closed');
    return Promise.resolve();
  }

  /** The link to a peer is gone, both ways. */
  broken(peer: string, detail: string): void {
    const inbound = this.#inbound.get(peer);
    if (inbound !== undefined) inbound.next = undefined;
    this.report(peer, 'in', 'down', detail);
    this.report(peer, 'out', 'down', detail);
  }

  /** There may be something to read from a peer. */
  look(peer: string): void {
    if (peer === this.site || this.host === undefined) return;
    const inbound = this.#inbound.get(peer) ?? { next: undefined, origin: undefined, moving: false };
    this.#inbound.set(peer, inbound);
    if (inbound.moving) return;
    inbound.moving = true;
    const route = { from: peer, to: this.site };
    this.#net.options.schedule(() => {
      inbound.moving = false;
      if (this.#move(inbound, route)) this.look(peer);
    }, route);
  }

  /** Moves the next batch, or makes the link. @returns whether there may be more. */
  #move(inbound: Inbound, route: MemoryRoute): boolean {
    const source = this.#net.members.get(route.from)?.host;
    if (this.host === undefined || source === undefined || !this.#net.joined(route.from, route.to)) return false;
    if (inbound.next === undefined || inbound.origin !== source.origin) return this.#connect(inbound, route, source);
    if (this.#paused.has(source.origin)) return false;
    const batch = source.readOwn(inbound.next, this.#net.options.maxBatchBytes);
    if (batch === undefined) return false;
    if (batch.first > inbound.next || this.#net.options.drop(route)) {
      inbound.next = undefined;
      this.report(route.from, 'in', 'down', 'a batch was lost');
      return true;
    }
    inbound.next = batch.last + 1;
    this.host.deliver({ ...batch, body: batch.body.slice() });
    this.#net.options.repeat(route, this.#again(batch, route, this.host, source));
    return true;
  }

  /** Delivers a batch once more, unless something has changed by then that an honest transport takes note of. */
  #again(batch: EntryBatch, { from, to }: MemoryRoute, host: TransportHost, source: TransportHost) {
    return (longer: boolean): void => {
      if (this.host !== host || this.#net.members.get(from)?.host !== source) return;
      if (!this.#net.joined(from, to) || this.#paused.has(batch.origin)) return;
      const next = longer ? source.readOwn(batch.first, 2 * this.#net.options.maxBatchBytes) : batch;
      if (next?.first === batch.first) host.deliver({ ...next, body: next.body.slice() });
    };
  }

  #connect(inbound: Inbound, { from, to }: MemoryRoute, source: TransportHost): boolean {
    const host = this.host!;
    const next = host.receivedUpTo(source.origin) + 1;
    const { first, last } = source.ownRange();
    const refusal = next > last + 1 ? 'origin-ahead' : next < first ? 'trimmed: resync required' : undefined;
    if (next > last + 1) source.originAhead(to, next - 1);
    const state = refusal === undefined ? 'up' : 'refused';
    this.report(from, 'in', state, refusal ?? `reading ${source.origin} from ${next}`);
    this.#net.members.get(from)?.report(to, 'out', state, refusal ?? `serving from ${next}`);
    if (refusal !== undefined) return false;
    inbound.next = next;
    inbound.origin = source.origin;
    return true;
  }

  /** Sets the state of a link. */
  report(peer: string, direction: LinkStatus['direction'], state: LinkStatus['state'], detail: string): void {
    const key = `${direction} ${peer}`;
    const before = this.#links.get(key);
    if (before?.state === state && before.detail === detail) return;
    const status: LinkStatus = { peer, direction, state, detail };
    this.#links.set(key, status);
    this.host?.linkChanged(status);
  }
}

function siteOf(origin: Origin): string {
  return origin.slice(0, origin.indexOf('/'));
}

function pair(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
