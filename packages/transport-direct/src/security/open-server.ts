/**
 * A server for peers to dial, by the kind of security. It is not listening yet.
 *
 * With mutual TLS a dialer without a trusted certificate is let finish TLS, so that it can be told why, and is handed to
 * `refused` instead of `accepted`. Sessions are never resumed: a resumed TLS 1.3 session shows no certificate, and what node
 * makes of that is nothing to rest on. Tickets are off, and a resumed session is refused all the same.
 */
import { constants } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { DirectSecurity } from '../direct-options.ts';
import { LinkError } from '../link-error.ts';
import { pem } from './pem.ts';

/** What a server reports. */
export interface ServerEvents {
  /** A connection stands, TLS and certificates included. */
  accepted(socket: Socket): void;
  /** A connection stands, but its certificate is not to be trusted. */
  refused(socket: Socket, reason: LinkError): void;
  /** TLS failed with someone. */
  failed(error: Error, socket: Socket): void;
}

/** Makes the server. @param handshakeTimeoutMs - how long TLS may take. */
export function openServer(security: DirectSecurity, handshakeTimeoutMs: number, events: ServerEvents): Server {
  if (security.kind === 'plain') return createServer({ noDelay: true }, (socket) => events.accepted(socket));
  const { cert, key, ca } = security;
  if (cert === undefined || key === undefined) throw new Error('checked by checkOptions');
  const isMutual = security.kind === 'tls';
  const server = createTlsServer(
    {
      cert: pem(cert),
      key: pem(key),
      minVersion: 'TLSv1.3',
      handshakeTimeout: handshakeTimeoutMs,
      secureOptions: constants.SSL_OP_NO_TICKET,
      ...(isMutual ? { ca: pem(ca), requestCert: true, rejectUnauthorized: false } : {}),
    },
    (socket) => {
      const reason = isMutual ? distrust(socket) : undefined;
      if (reason === undefined) events.accepted(socket);
      else events.refused(socket, new LinkError('tls', reason));
    },
  );
  server.on('tlsClientError', (error, socket) => events.failed(error, socket));
  return server;
}

/** Why a dialer's certificate is not good enough, if it is not. */
function distrust(socket: TLSSocket): string | undefined {
  if (socket.isSessionReused()) return 'sessions are not resumed here';
  if (socket.getPeerX509Certificate() === undefined) return 'no certificate was presented';
  return socket.authorized ? undefined : `the certificate is not trusted: ${socket.authorizationError}`;
}
