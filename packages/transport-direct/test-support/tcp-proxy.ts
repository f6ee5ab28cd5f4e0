/** A TCP proxy on loopback that can cut, cut after so many bytes, and swallow everything. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class TcpProxy {
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #swallowing = false;
  /** Bytes that still pass from the target before the next cut. */
  #budget = Number.POSITIVE_INFINITY;
  /** Connections accepted so far. */
  accepted = 0;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer({ noDelay: true }, (client) => this.#join(client));
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Lets `bytes` more through from the target, then cuts once. */
  cutAfter(bytes: number): void {
    this.#budget = bytes;
  }

  /** Connections stay, nothing passes; new ones are accepted and hear nothing. */
  swallow(on: boolean): void {
    this.#swallowing = on;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(client: Socket): void {
    this.accepted++;
    const target = connect({ host: '127.0.0.1', port: this.#target, noDelay: true });
    this.#pass(client, target, (chunk) => chunk);
    this.#pass(target, client, (chunk) => this.#spend(chunk));
  }

  #spend(chunk: Buffer): Buffer {
    const allowed = chunk.subarray(0, this.#budget);
    this.#budget -= allowed.length;
    if (this.#budget > 0) return allowed;
    this.#budget = Number.POSITIVE_INFINITY;
    // What was let through is sent before the connection ends.
    setImmediate(() => this.cut());
    return allowed;
  }

  #pass(from: Socket, to: Socket, filter: (chunk: Buffer) => Buffer): void {
    this.#sockets.add(from);
    from.on('data', (chunk: Buffer) => {
      if (this.#swallowing) return;
      if (!to.write(filter(chunk))) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      if (!this.#swallowing) to.destroy();
    });
  }
}
