/**
 * Serves our own log to the peers that dial.
 *
 * One connection for each peer: a newer one, once it has proven itself, takes the older one's place, for the older one may
 * be dead without our knowing. Whoever is not a configured peer gets a reason and no more.
 */
import type { Server, Socket } from 'node:net';
import { LinkError } from '../link-error.ts';
import { openServer } from '../security/open-server.ts';
import { encodeFrame } from '../wire/encode-frame.ts';
import { type FrameType, frameType } from '../wire/frame-type.ts';
import { type ListenDone, ListenHandshake } from '../wire/listen-handshake.ts';
import { readNumber } from '../wire/read-payload.ts';
import { Connection } from './connection.ts';
import { guard } from './guard.ts';
import type { LinkContext } from './link-context.ts';
import { LogWriter } from './log-writer.ts';
import { socketError } from './socket-error.ts';

interface Session {
  readonly connection: Connection;
  readonly writer: LogWriter;
}

/** The listening side of a transport. */
export class Listener {
  readonly #context: LinkContext;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Map<string, Session>();
  readonly #arrived: (site: string) => void;

  /** @param arrived - told when a peer has begun to read our log. */
  constructor(context: LinkContext, arrived: (site: string) => void) {
    this.#context = context;
    this.#arrived = arrived;
    const { security, limits, board } = context;
    this.#server = openServer(security, limits.idleTimeoutMs, {
      accepted: (socket) => this.#accept(socket),
      refused: (socket, reason) => this.#turnAway(socket, reason),
      failed: (error, socket) => {
        const { retriable, code, message } = socketError(error);
        if (!retriable) board.stranger(socket.remoteAddress ?? 'unknown', `${code}: ${message}`);
        socket.destroy();
      },
    });
    this.#server.maxConnections = limits.maxConnections;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Resolves when peers can connect. Rejects with a `LinkError` (`listen`). */
  start(host: string, port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { board, self } = this.#context;
    this.#server.once('error', (error) => {
      reject(new LinkError('listen', `cannot listen on ${host}:${port}: ${error.message}`, error));
    });
    this.#server.listen(port, host, () => {
      this.#server.removeAllListeners('error');
      this.#server.on('error', (error) => board.stranger('listener', error.message));
      for (const peer of self.peers.keys()) {
        board.set({ peer, direction: 'out', state: 'connecting', detail: 'waiting to be dialed' });
      }
      resolve();
    });
    return promise;
  }

  flushed(seq: number): void {
    for (const { connection, writer } of this.#sessions.values()) {
      const { value, error } = guard(() => writer.flushed(seq));
      const failure = value ?? error;
      if (failure !== undefined) connection.refuse(failure);
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { connection } of [...this.#sessions.values()]) connection.end(new LinkError('closed', 'closed here'));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const { self, host, limits, nonce } = this.#context;
    const address = socket.remoteAddress ?? 'unknown';
    const handshake = new ListenHandshake(self, host, nonce());
    let writer: LogWriter | undefined;
    const run = (step: () => LinkError | undefined): LinkError | undefined => {
      const { value, error } = guard(step);
      return value ?? error;
    };
    const connection: Connection = new Connection(socket, limits, {
      frame: (type, payload) =>
        run(() => {
          if (writer !== undefined) return serve(writer, type, payload);
          const step = handshake.step(type, payload);
          if (step.kind === 'refuse') return step.error;
          if (step.kind === 'continue') {
            connection.send(step.send);
            return undefined;
          }
          const begun = this.#begin(connection, step.done);
          if (begun instanceof LinkError) return begun;
          writer = begun;
          return writer.pump();
        }),
      writable: () => {
        const error = run(() => writer?.pump());
        if (error !== undefined) connection.refuse(error);
      },
      ended: (error) => {
        writer?.stop();
        this.#ended(connection, handshake.claimed, address, error);
      },
    });
  }

  #turnAway(socket: Socket, reason: LinkError): void {
    const { limits, board } = this.#context;
    const events = { frame: () => undefined, writable: () => {}, ended: () => {} };
    board.stranger(socket.remoteAddress ?? 'unknown', `${reason.code}: ${reason.message}`);
    new Connection(socket, limits, events).refuse(reason);
  }

  /** Starts to serve, unless the log does not hold what is asked for. */
  #begin(connection: Connection, { site, from, window, maxFrame }: ListenDone): LogWriter | LinkError {
    const { host, limits, board } = this.#context;
    const { first, last } = host.ownRange();
    if (from > last + 1) {
      host.originAhead(site, from - 1);
      return new LinkError(
        'origin-ahead',
        `${site} holds ${host.origin} up to ${from - 1}, its own log ends at ${last}`,
      );
    }
    if (from < first) {
      return new LinkError(
        'trimmed',
        `${host.origin} is kept from ${first} on, ${site} needs ${from}: resync required`,
      );
    }
    this.#sessions.get(site)?.connection.end(new LinkError('replaced', `${site} connected anew`));
    const writer = new LogWriter(
      from,
      last,
      window,
      { ...limits, maxFrameBytes: Math.min(limits.maxFrameBytes, maxFrame) },
      {
        readOwn: (seq, maxBytes) => host.readOwn(seq, maxBytes),
        room: () => connection.room(),
        write: (head, body) => connection.sendParts(head, body),
        acknowledged: (seq) => host.acknowledged(site, seq),
      },
    );
    this.#sessions.set(site, { connection, writer });
    connection.established();
    connection.send(encodeFrame(frameType.ready, new Uint8Array(0)));
    board.set({ peer: site, direction: 'out', state: 'up', detail: `serving ${host.origin} from ${from}` });
    this.#arrived(site);
    return writer;
  }

  #ended(connection: Connection, claimed: string | undefined, address: string, error: LinkError): void {
    const { self, board } = this.#context;
    const detail = `${error.code}: ${error.message}`;
    if (claimed === undefined || !self.peers.has(claimed)) {
      if (!error.retriable) board.stranger(claimed ?? address, detail);
      return;
    }
    const session = this.#sessions.get(claimed);
    // Whoever fails to take a live link's place says nothing about that link.
    if (session !== undefined && session.connection !== connection) return;
    this.#sessions.delete(claimed);
    board.set({ peer: claimed, direction: 'out', state: error.retriable ? 'down' : 'refused', detail });
  }
}

/** Takes a reader's frame. */
function serve(writer: LogWriter, type: FrameType, payload: Uint8Array): LinkError | undefined {
  const value = readNumber(payload);
  if (value === undefined || (type !== frameType.credit && type !== frameType.ack)) {
    return new LinkError('violation', `frame type ${type} is not for a writer`);
  }
  return type === frameType.credit ? writer.credit(value) : writer.ack(value);
}
