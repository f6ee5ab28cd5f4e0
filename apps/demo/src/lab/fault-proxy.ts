/**
 * A TCP proxy for faults: delay with jitter, cut, black hole, a cut in the middle of a frame, bytes held back and
 * delivered late. Each direction is set apart: `outward` is from the one who dials to the target, `inward` back.
 *
 * It knows no protocol. It cannot reorder or corrupt: TCP would not either.
 */
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { type Direction, Pipe } from './pipe.ts';
import { freePort } from './ports.ts';
import { Random } from './random.ts';

interface Connection {
  readonly client: Socket;
  readonly target: Socket;
  readonly outward: Pipe;
  readonly inward: Pipe;
}

/** Bytes that were caught and are held back. */
export interface Held {
  /** How many wait. */
  readonly bytes: number;
  /** Whether their connection has ended at the target, which comes after everything was delivered. */
  readonly over: boolean;
  /** Delivers them, and whatever follows on their connection. */
  release(): void;
}

export class FaultProxy {
  readonly port: number;
  readonly outward: Direction = newDirection();
  readonly inward: Direction = newDirection();
  #targetPort: number;
  #server: Server;
  #connections = new Set<Connection>();
  #refusing = false;
  #random: Random;

  private constructor(port: number, targetPort: number, seed: number) {
    this.port = port;
    this.#targetPort = targetPort;
    this.#random = new Random(seed);
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /** Listens on a free loopback port and passes everything on to `targetPort` on loopback. */
  static async start(targetPort: number, seed = 1): Promise<FaultProxy> {
    const proxy = new FaultProxy(await freePort(), targetPort, seed);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(proxy.port, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Connections that pass through at this moment. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Bytes taken in and not yet passed on. */
  get waiting(): number {
    let bytes = 0;
    for (const { outward, inward } of this.#connections) bytes += outward.waiting + inward.waiting;
    return bytes;
  }

  /** Delays each direction by so much; bytes stay in order. */
  delay(delayMs: number, jitterMs = 0): void {
    for (const direction of [this.outward, this.inward]) {
      direction.delayMs = delayMs;
      direction.jitterMs = jitterMs;
    }
  }

  /** Passes new connections on to another port of loopback, and breaks the present ones. */
  aim(targetPort: number): void {
    this.#targetPort = targetPort;
    this.reset();
  }

  /** Breaks the present connections; new ones are welcome. */
  reset(): void {
    for (const connection of this.#connections) this.#break(connection);
  }

  /** Breaks the present connections and refuses new ones until `heal`. */
  cut(): void {
    this.#refusing = true;
    this.reset();
  }

  /** Nothing passes in either direction, and nobody is told, until `heal`. */
  blackhole(): void {
    this.outward.blocked = true;
    this.inward.blocked = true;
  }

  /** Cuts the connection once `bytes` more bytes have passed in the direction given. */
  cutAfter(bytes: number, direction: Direction): void {
    direction.cutAfter = bytes;
  }

  /**
   * Holds back the first chunk for which `when` is true, and all that follows on that connection in that direction,
   * also when the one who sent it goes away: it can be delivered long after it was given up.
   */
  hold(direction: Direction, when: (chunk: Buffer) => boolean = () => true): Promise<Held> {
    return new Promise((resolve) => {
      direction.catchWhen = when;
      direction.caught = (pipe) => {
        const connection = [...this.#connections].find(({ outward, inward }) => outward === pipe || inward === pipe);
        const over = (): boolean => connection === undefined || !this.#connections.has(connection);
        resolve({
          get bytes() {
            return pipe.waiting;
          },
          get over() {
            return over();
          },
          release: () => pipe.release(),
        });
      };
    });
  }

  /** Ends every fault except what is held. */
  heal(): void {
    this.#refusing = false;
    for (const direction of [this.outward, this.inward]) {
      direction.blocked = false;
      direction.delayMs = 0;
      direction.jitterMs = 0;
      direction.cutAfter = undefined;
      direction.catchWhen = undefined;
    }
    for (const { outward, inward } of this.#connections) {
      outward.flow();
      inward.flow();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(client: Socket): void {
    client.on('error', () => {});
    if (this.#refusing) {
      client.resetAndDestroy();
      return;
    }
    const target = dial({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true });
    client.setNoDelay(true);
    target.setNoDelay(true);
    const cut = (): void => this.#break(connection);
    const jitter = (): number => this.#random.next();
    const connection: Connection = {
      client,
      target,
      outward: new Pipe(client, target, this.outward, cut, jitter),
      inward: new Pipe(target, client, this.inward, cut, jitter),
    };
    this.#connections.add(connection);
    target.on('error', cut);
    target.on('close', () => this.#break(connection));
    client.on('close', () => {
      if (connection.outward.held) connection.outward.end();
      else this.#break(connection);
    });
  }

  #break(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    connection.outward.stop();
    connection.inward.stop();
    for (const socket of [connection.client, connection.target]) {
      if (!socket.destroyed) socket.resetAndDestroy();
    }
  }
}

function newDirection(): Direction {
  return {
    delayMs: 0,
    jitterMs: 0,
    blocked: false,
    cutAfter: undefined,
    passed: 0,
    catchWhen: undefined,
    caught: undefined,
  };
}
