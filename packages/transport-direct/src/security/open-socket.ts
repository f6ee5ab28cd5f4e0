/** Dials a peer, by the kind of security. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { DirectPeer, DirectSecurity } from '../direct-options.ts';
import { pem } from './pem.ts';

/** Opens a connection. @param ready - called when it stands, TLS included. */
export function openSocket(peer: DirectPeer, security: DirectSecurity, ready: () => void): Socket {
  const { host, port } = peer;
  if (security.kind === 'plain') return connect({ host, port, noDelay: true }, ready);
  const mutual = security.kind === 'tls' ? { cert: pem(security.cert), key: pem(security.key) } : {};
  return connectTls({ host, port, ca: pem(security.ca), minVersion: 'TLSv1.3', ...mutual }, ready);
}
