/**
 * The HTTP server of a replicator: sockets, headers, limits. What is answered is decided in `answer-request.ts`.
 *
 * Rules: no authentication, so the configuration keeps it on loopback unless told otherwise; requests carry no body worth
 * reading; connections and times are bounded.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Address } from '../config/address.ts';
import { ListenError } from '../listen-error.ts';
import type { Redactor } from '../redactor.ts';
import { answerRequest } from './answer-request.ts';
import { outPath } from './out-route.ts';
import type { ReplicatorView } from './replicator-view.ts';

/** Connections at a time. */
const maxConnections = 64;
/** Milliseconds for a request to arrive. */
const requestTimeoutMs = 5_000;

/** A listening server. */
export interface HttpServer {
  /** Where it listens; the port is the real one when 0 was asked for. */
  readonly address: Address;
  /** Cuts all connections and stops listening. */
  close(): Promise<void>;
}

/**
 * Listens and serves the view.
 * @throws ListenError
 */
export async function serveHttp(listen: Address, view: ReplicatorView, redact: Redactor): Promise<HttpServer> {
  const server = createServer((request, response) => {
    respond(request, response, view, redact).catch(() => response.destroy());
  });
  server.maxConnections = maxConnections;
  server.requestTimeout = requestTimeoutMs;
  server.headersTimeout = requestTimeoutMs;
  const port = await open(server, listen);
  return {
    address: { host: listen.host, port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  view: ReplicatorView,
  redact: Redactor,
): Promise<void> {
  request.resume();
  const answer = await answerRequest(request.method ?? '', request.url ?? '/', view, redact, isLocal(request));
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(answer.status === 405 ? { allow: isOut(request) ? 'POST' : 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function isLocal({ socket, headers }: IncomingMessage): boolean {
  return headers.origin === undefined && /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
}

function isOut({ url }: IncomingMessage): boolean {
  return url?.split('?')[0] === outPath;
}

function open(server: Server, listen: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ListenError('http.listen', listen, error.code ?? error.message)),
    );
    server.listen(listen.port, listen.host, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : listen.port);
    });
  });
}
