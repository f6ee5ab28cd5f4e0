/**
 * What every `Transport` promises, as cases free of any test framework.
 *
 * An adapter's test makes a `TransportWorld` for each case and runs it: a case resolves, or rejects with what was broken.
 * Cases wait for conditions, never for a time; `patienceMs` only bounds how long a failure takes to show. What an adapter
 * cannot do it declares in its test by naming the case, not by leaving a method out.
 */
import type { LinkStatus, Transport } from '@entwine/core';
import { RecordingHost, type RecordingHostOptions } from './recording-host.ts';

/** Sites that are to be joined by the adapter under test. */
export interface TransportWorld {
  /** A transport for a site, not started. Called again after the earlier one was closed: a restart. */
  transport(site: string): Transport;
  /** Breaks what connections there are between two sites, at once; they may find each other again from then on. */
  cut(a: string, b: string): Promise<void> | void;
  /** Frees what the world holds. All transports are closed before. */
  close(): Promise<void>;
}

/** Makes a world of sites. Each site reads all others. */
export type MakeTransportWorld = (sites: readonly string[]) => Promise<TransportWorld>;

/** One promise. */
export interface TransportCase {
  readonly name: string;
  run(makeWorld: MakeTransportWorld): Promise<void>;
}

/** How long a case waits for something to come true, in milliseconds. */
const patienceMs = 20_000;

/** The sites of one case. */
class Stage {
  readonly world: TransportWorld;
  readonly #hosts = new Set<RecordingHost>();

  constructor(world: TransportWorld) {
    this.world = world;
  }

  /** A site that joins now. */
  async join(site: string, options?: RecordingHostOptions): Promise<RecordingHost> {
    const host = new RecordingHost(site, options);
    await this.rejoin(host);
    return host;
  }

  /** A host joins by a new transport. */
  async rejoin(host: RecordingHost): Promise<void> {
    this.#hosts.add(host);
    await host.attach(this.world.transport(host.site));
  }

  /** A host's process ends. */
  async leave(host: RecordingHost): Promise<void> {
    await host.transport?.close();
    host.transport = undefined;
  }

  /** Waits until something holds; fails on the first broken promise. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const tries = patienceMs / 5;
    for (let i = 0; i < tries; i++) {
      this.check();
      if (holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const states = [...this.#hosts].map((host) => `${host.site}: ${JSON.stringify(host.transport?.links())}`);
    throw new Error(`waited in vain until ${what}; ${states.join('; ')}`);
  }

  check(): void {
    for (const { site, faults } of this.#hosts) if (faults.length > 0) throw new Error(`${site}: ${faults[0]}`);
  }

  async close(): Promise<void> {
    for (const host of this.#hosts) await host.transport?.close();
    await this.world.close();
  }
}

function define(name: string, sites: readonly string[], run: (stage: Stage) => Promise<void>): TransportCase {
  return {
    name,
    async run(makeWorld) {
      const stage = new Stage(await makeWorld(sites));
      try {
        await run(stage);
        stage.check();
      } finally {
        await stage.close();
      }
    },
  };
}

function expect(what: string, holds: boolean): void {
  if (!holds) throw new Error(`expected that ${what}`);
}

function linkOf(host: RecordingHost, peer: string, direction: LinkStatus['direction']): LinkStatus | undefined {
  return host.transport?.links().find((link) => link.peer === peer && link.direction === direction);
}

const has = (reader: RecordingHost, writer: RecordingHost, seq: number) => (): boolean =>
  reader.receivedUpTo(writer.origin) === seq;

/** The cases. */
export const transportConformance: readonly TransportCase[] = [
  define('delivers in order what was there before and what comes after', ['a', 'b'], async (stage) => {
    const a = new RecordingHost('a');
    a.append(100, 50);
    await stage.rejoin(a);
    const b = await stage.join('b');
    await stage.until('the log of before is there', has(b, a, 100));
    for (let i = 0; i < 200; i++) a.append(5, 100);
    await stage.until('the log of after is there', has(b, a, 1100));
  }),
  define('carries both directions at once', ['a', 'b'], async (stage) => {
    const a = await stage.join('a');
    const b = await stage.join('b');
    a.append(3000, 100);
    b.append(2000, 100);
    await stage.until('b has all of a', has(b, a, 3000));
    await stage.until('a has all of b', has(a, b, 2000));
  }),
  define('resumes behind what was received when the reader restarts', ['a', 'b'], async (stage) => {
    const a = await stage.join('a');
    const b = await stage.join('b');
    a.append(500, 100);
    await stage.until('b has it', has(b, a, 500));
    await stage.leave(b);
    a.append(500, 100);
    await stage.rejoin(b);
    await stage.until('b has the rest', has(b, a, 1000));
  }),
  define('sends again what a restarted reader no longer has', ['a', 'b'], async (stage) => {
    const a = await stage.join('a');
    const b = await stage.join('b', { settle: false });
    a.append(500, 100);
    await stage.until('b has it', has(b, a, 500));
    await stage.leave(b);
    b.rewind(a.origin, 120);
    await stage.rejoin(b);
    await stage.until('b has it again', has(b, a, 500));
  }),
  define('resumes when the writer restarts', ['a', 'b'], async (stage) => {
    const a = await stage.join('a');
    const b = await stage.join('b');
    a.append(500, 100);
    await stage.until('b has it', has(b, a, 500));
    await stage.leave(a);
    a.append(500, 100);
    await stage.rejoin(a);
    a.append(1, 100);
    await stage.until('b has the rest', has(b, a, 1001));
  }),
  define('loses nothing when the link is cut again and again', ['a', 'b'], async (stage) => {
    const a = await stage.join('a');
    const b = await stage.join('b');
    for (let round = 1; round <= 5; round++) {
      a.append(1000, 300);
      await stage.until('something came', () => b.receivedUpTo(a.origin) > (round - 1) * 1000);
      await stage.world.cut('a', 'b');
    }
    await stage.until('b has all', has(b, a, 5000));
  }),
  define('delivers nothing while paused, and everything after', ['a', 'b'], async (stage) => {
    const a = await stage.join('a');
    const b = await stage.join('b');
    const c = b.transport!;
    a.append(10, 100);
    await stage.until('b has the first', has(b, a, 10));
    c.pause(a.origin);
    a.append(20_000, 100);
    b.append(10, 100);
    await stage.until('the other direction goes on', has(a, b, 10));
    expect('nothing came while paused', b.receivedUpTo(a.origin) === 10);
    c.resume(a.origin);
    await stage.until('b has all', has(b, a, 20_010));
  }),
  define('loses nothing when paused and resumed all the time', ['a', 'b'], async (stage) => {
    const a = await stage.join('a');
    const b = await stage.join('b');
    let paused = false;
    const toggle = (): void => {
      paused = !paused;
      if (paused) b.transport?.pause(a.origin);
      else b.transport?.resume(a.origin);
    };
    for (let i = 0; i < 100; i++) {
      a.append(200, 100);
      toggle();
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (paused) toggle();
    await stage.until('b has all', has(b, a, 20_000));
  }),
  define('stays paused across a cut', ['a', 'b'], async (stage) => {
    const a = await stage.join('a');
    const b = await stage.join('b');
    a.append(10, 100);
    await stage.until('b has the first', has(b, a, 10));
    b.transport?.pause(a.origin);
    await stage.world.cut('a', 'b');
    a.append(1000, 100);
    b.append(10, 100);
    await stage.until('the other direction is back', has(a, b, 10));
    await stage.until('the link is back', () => linkOf(b, 'a', 'in')?.state === 'up');
    expect('nothing came while paused', b.receivedUpTo(a.origin) === 10);
    b.transport?.resume(a.origin);
    await stage.until('b has all', has(b, a, 1010));
  }),
  define('tells the origin what was settled, not what was received', ['a', 'b'], async (stage) => {
    const a = await stage.join('a');
    const b = await stage.join('b', { settle: false });
    a.append(100, 100);
    await stage.until('b has it', has(b, a, 100));
    expect('nothing is acknowledged yet', (a.acks.get('b') ?? 0) === 0);
    b.transport?.settled(a.origin, 60);
    await stage.until('60 is acknowledged', () => a.acks.get('b') === 60);
    b.transport?.settled(a.origin, 100);
    await stage.until('100 is acknowledged', () => a.acks.get('b') === 100);
  }),
  define('tells the origin in the end what was settled while the link was down', ['a', 'b'], async (stage) => {
    const a = await stage.join('a');
    const b = await stage.join('b', { settle: false });
    a.append(100, 100);
    await stage.until('b has it', has(b, a, 100));
    await stage.leave(a);
    b.transport?.settled(a.origin, 100);
    await stage.rejoin(a);
    a.append(1, 100);
    await stage.until('b has the next', has(b, a, 101));
    b.transport?.settled(a.origin, 101);
    await stage.until('all is acknowledged', () => a.acks.get('b') === 101);
  }),
  define('joins three sites', ['a', 'b', 'c'], async (stage) => {
    const hosts = [await stage.join('a'), await stage.join('b'), await stage.join('c')];
    hosts.forEach((host, i) => {
      host.append(1000 * (i + 1), 100);
    });
    for (const reader of hosts) {
      for (const writer of hosts) {
        if (reader === writer) continue;
        const { last } = writer.ownRange();
        await stage.until(`${reader.site} has all of ${writer.site}`, has(reader, writer, last));
        await stage.until(`${writer.site} knows`, () => writer.acks.get(reader.site) === last);
      }
    }
  }),
  define('tells an origin that a peer holds more of its log than it does', ['a', 'b'], async (stage) => {
    const b = await stage.join('b');
    const a = new RecordingHost('a');
    b.rewind(a.origin, 500);
    a.append(100, 100);
    await stage.rejoin(a);
    await stage.until('a is told', () => a.ahead.get('b') === 500);
    await stage.until('it shows', () => linkOf(b, 'a', 'in')?.state === 'refused');
  }),
  define('refuses to serve what was trimmed', ['a', 'b'], async (stage) => {
    const a = new RecordingHost('a');
    a.append(100, 100);
    a.trim(50);
    await stage.rejoin(a);
    const b = await stage.join('b');
    await stage.until('it shows', () => linkOf(b, 'a', 'in')?.state === 'refused');
    expect('nothing was delivered', b.deliveries === 0);
  }),
  define('carries a large entry whole', ['a', 'b'], async (stage) => {
    const a = await stage.join('a');
    const b = await stage.join('b');
    a.append(1, 100);
    a.append(1, 24 * 1024 * 1024);
    a.append(1, 100);
    await stage.until('b has all', has(b, a, 3));
  }),
];
