/**
 * What is refused before anything is opened. Messages name the option; none holds a token or a key.
 */
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { DirectLimits, DirectOptions, DirectSecurity } from './direct-options.ts';
import { defaultLimits } from './direct-options.ts';
import { DirectOptionsError } from './direct-options-error.ts';
import { pem } from './security/pem.ts';
import { isName, isSiteId } from './wire/identity.ts';

/** A shorter token could be guessed from a recorded handshake. */
const minTokenLength = 16;

/** Throws a `DirectOptionsError` unless the options can work. @returns the limits, defaults filled in. */
export function checkOptions(options: DirectOptions): DirectLimits {
  if (!isSiteId(options.site)) refuse(`site: "${options.site}" is not a site id ([a-z0-9-]{1,32})`);
  if (!isName(options.shard)) refuse('shard: expected 1 to 64 of [A-Za-z0-9_.-]');
  if (!isName(options.deployment)) refuse('deployment: expected 1 to 64 of [A-Za-z0-9_.-]');
  if (!Number.isSafeInteger(options.priority)) refuse('priority: expected an integer');
  if (!/^[0-9a-f]{0,64}$/.test(options.policies ?? '')) refuse('policies: expected a digest of hexadecimal digits');
  const { current, oldest } = options.entrySchema;
  if (!Number.isSafeInteger(current) || !Number.isSafeInteger(oldest) || oldest > current) {
    refuse('entrySchema: expected integers, oldest <= current');
  }
  if (options.listen) checkPort('listen.port', options.listen.port);
  checkPeers(options);
  checkSecurity(options);
  return checkLimits(options.limits ?? {});
}

function checkPeers(options: DirectOptions): void {
  const sites = new Set([options.site]);
  const priorities = new Set([options.priority]);
  for (const peer of options.peers) {
    if (!isSiteId(peer.site)) refuse(`peers: "${peer.site}" is not a site id ([a-z0-9-]{1,32})`);
    if (peer.site === options.site) refuse(`peers: "${peer.site}" is this site itself`);
    if (sites.has(peer.site)) refuse(`peers: "${peer.site}" is declared twice`);
    sites.add(peer.site);
    checkPort(`peers: the port of "${peer.site}"`, peer.port);
    if (peer.priority === undefined) continue;
    if (!Number.isSafeInteger(peer.priority)) refuse(`peers: the priority of "${peer.site}" is not an integer`);
    if (priorities.has(peer.priority)) refuse(`peers: priority ${peer.priority} of "${peer.site}" is taken`);
    priorities.add(peer.priority);
  }
}

function checkSecurity(options: DirectOptions): void {
  const { security } = options;
  if (security.kind !== 'tls' && security.token !== undefined && security.token.length < minTokenLength) {
    refuse(`security.token: expected at least ${minTokenLength} characters`);
  }
  if (security.kind === 'token-tls' && options.listen && (security.cert === undefined || security.key === undefined)) {
    refuse('security: cert and key are needed to listen');
  }
  if (security.kind !== 'plain') checkCertificates(security);
  if (security.kind !== 'plain' || security.allowRemote === true) return;
  const hosts = [...(options.listen ? [options.listen.host] : []), ...options.peers.map((peer) => peer.host)];
  const remote = hosts.find((host) => !isLoopback(host));
  if (remote !== undefined) {
    throw new DirectOptionsError(
      'insecure',
      `security: plain links are for loopback, and "${remote}" is not; use TLS, or set allowRemote`,
    );
  }
}

/** Reads them once, so that a bad one fails here and not at every attempt to connect. */
function checkCertificates({ cert, key, ca }: Exclude<DirectSecurity, { readonly kind: 'plain' }>): void {
  try {
    createSecureContext({ ca: pem(ca), ...(cert && key ? { cert: pem(cert), key: pem(key) } : {}) });
  } catch (error) {
    refuse(`security: cert, key or ca cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function checkPort(name: string, port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) refuse(`${name}: expected 1 to 65535`);
}

function checkLimits(given: Partial<DirectLimits>): DirectLimits {
  const limits: Record<keyof DirectLimits, number> = { ...defaultLimits };
  for (const name of Object.keys(defaultLimits) as (keyof DirectLimits)[]) {
    const value = given[name] ?? defaultLimits[name];
    if (!Number.isSafeInteger(value) || value < 1) refuse(`limits.${name}: expected a positive integer`);
    limits[name] = value;
  }
  if (limits.maxFrameBytes < 1024 || limits.maxFrameBytes > 0xffffffff) {
    refuse('limits.maxFrameBytes: expected 1 KiB to 4 GiB');
  }
  if (limits.maxBatchBytes > 0xffffffff) refuse('limits.maxBatchBytes: expected at most 4 GiB');
  return limits;
}

/** Whether a host can only be this machine. Names other than `localhost` may be anything. */
function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 4) return host.startsWith('127.');
  if (family === 6) return host === '::1' || host.toLowerCase().startsWith('::ffff:127.');
  return host === 'localhost';
}

function refuse(message: string): never {
  throw new DirectOptionsError('option', message);
}
