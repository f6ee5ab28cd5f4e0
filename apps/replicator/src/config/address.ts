/**
 * Network addresses as they stand in the configuration: `host:port`, `[::1]:port`.
 *
 * Rules: no scheme, no path, no default port; an IPv6 host stands in brackets. Names are not resolved here.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** A host and a TCP port. `host` is a name or an IP address without brackets. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An address, or what is wrong with the text. */
export type ParsedAddress =
  | { readonly ok: true; readonly address: Address }
  | { readonly ok: false; readonly message: string; readonly remedy: string };

const remedy = 'Write host:port, for example 127.0.0.1:7001, redis-1.internal:6379 or [::1]:7001.';

/** Reads `host:port`. Port 0 (any free port) only where `allowAnyPort` says so. */
export function parseAddress(text: string, allowAnyPort = false): ParsedAddress {
  if (text.includes('://') || text.includes('/'))
    return refuse(`"${shown(text)}" is not an address but a URL or a path`);
  const bracketed = /^\[([^\]]*)\]:(\d+)$/.exec(text);
  const plain = bracketed === null ? /^([^:[\]]*):(\d+)$/.exec(text) : null;
  const match = bracketed ?? plain;
  if (match === null) {
    if (isIPv6(text) || text.split(':').length > 2)
      return refuse(`"${shown(text)}" is not host:port (IPv6 needs brackets)`);
    return refuse(`"${shown(text)}" is not host:port`);
  }
  const host = match[1]!;
  if (bracketed !== null && !isIPv6(host)) return refuse(`"${shown(host)}" is not an IPv6 address`);
  if (plain !== null && !isHostName(host)) return refuse(`"${shown(host)}" is not a host name or IPv4 address`);
  const port = Number(match[2]);
  if (port > 65535 || (port === 0 && !allowAnyPort)) return refuse(`port ${match[2]} is not between 1 and 65535`);
  return { ok: true, address: { host, port } };
}

/** The text form that `parseAddress` reads. */
export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** Base URL of an HTTP server that listens there; one that listens everywhere is asked on loopback. */
export function httpUrl(listen: Address): string {
  const host = listen.host === '0.0.0.0' ? '127.0.0.1' : listen.host === '::' ? '::1' : listen.host;
  return `http://${formatAddress({ host, port: listen.port })}`;
}

/** Whether the address is reachable from this machine only: `localhost`, `127.0.0.0/8`, `::1`. */
export function isLoopback(address: Address): boolean {
  const host = address.host.toLowerCase();
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function isHostName(host: string): boolean {
  if (/^[0-9.]+$/.test(host)) return isIPv4(host);
  return (
    host.length <= 253 &&
    host.split('.').every((label) => /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label))
  );
}

/** `user:password@host:port` is a likely mistake: what stands before the @ is never repeated. */
function shown(text: string): string {
  const visible = text.replace(/^.*@/, '…@');
  return visible.length > 80 ? `${visible.slice(0, 80)}…` : visible;
}

function refuse(message: string): ParsedAddress {
  return { ok: false, message, remedy };
}
