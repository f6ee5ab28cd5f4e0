/**
 * A TCP or TLS connection to an endpoint.
 *
 * Rules: resolves when bytes may be written (TLS: certificate checked), rejects with a `RedisError` otherwise; the
 * socket is destroyed on failure, timeout and abort. It does not speak Redis.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { endpointName, type RedisEndpoint } from '../redis-endpoint.ts';
import { RedisError } from '../redis-error.ts';

/** Opens a connection. @param timeout - milliseconds for connecting, TLS included. */
export function openSocket(endpoint: RedisEndpoint, timeout: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const name = endpointName(endpoint);
    const socket = endpoint.tls ? startTls(endpoint) : connectTcp({ host: endpoint.host, port: endpoint.port });
    let connected = false;
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.removeListener('error', failed);
      socket.removeListener('close', closed);
    };
    const fail = (error: RedisError): void => {
      settle();
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const failed = (cause: NodeJS.ErrnoException): void => fail(socketError(endpoint, cause, connected));
    const closed = (): void => fail(new RedisError('disconnected', `${name} closed the connection at once`));
    const abort = (): void => fail(new RedisError('disconnected', `connecting to ${name} was given up`));
    const timer = setTimeout(() => fail(late(endpoint, timeout, connected)), timeout);
    socket.once('connect', () => {
      connected = true;
    });
    socket.once(endpoint.tls ? 'secureConnect' : 'connect', () => {
      settle();
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 10_000);
      resolve(socket);
    });
    socket.on('error', failed);
    socket.on('close', closed);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

function startTls(endpoint: RedisEndpoint): Socket {
  const servername = endpoint.tls?.servername ?? (isIP(endpoint.host) ? undefined : endpoint.host);
  return connectTls({
    ...endpoint.tls,
    host: endpoint.host,
    port: endpoint.port,
    ...(servername === undefined ? {} : { servername }),
  });
}

/** A plain Redis takes a TLS hello for the start of a command and waits for its end. */
function late(endpoint: RedisEndpoint, timeout: number, connected: boolean): RedisError {
  const name = endpointName(endpoint);
  return connected
    ? new RedisError('timeout', `${name} did not answer in TLS within ${timeout} ms; check that this port speaks TLS`)
    : new RedisError('unreachable', `${name} did not accept a connection within ${timeout} ms; check host and port`);
}

function socketError(endpoint: RedisEndpoint, cause: NodeJS.ErrnoException, connected: boolean): RedisError {
  const name = endpointName(endpoint);
  const why = cause.code ?? cause.message;
  if (endpoint.tls && connected) {
    return new RedisError('tls', `${name} and we cannot agree on TLS (${why}); check its port and certificates`, cause);
  }
  return new RedisError('unreachable', `${name} cannot be reached (${why}); check host, port and that it runs`, cause);
}
