/**
 * What the handshake's frames say, to bytes and back. Reading gives undefined for anything malformed.
 *
 * Hello begins with "ENTW" and the protocol versions at fixed places, which every version keeps, so that a version that is
 * not understood can still be named.
 */
import type { Origin } from '@entwine/core';
import { isName, isSiteId } from './identity.ts';
import { nonceBytes } from './protocol.ts';
import { readObject, writeObject } from './read-payload.ts';
import type { VersionRange } from './version-range.ts';

const magic = [0x45, 0x4e, 0x54, 0x57];
const helloHead = magic.length + 4 + nonceBytes;

/** The dialer: who it is and whose log it wants. */
export interface Hello {
  readonly site: string;
  readonly shard: string;
  readonly deployment: string;
  readonly priority: number;
  readonly entrySchema: VersionRange;
  readonly wanted: { readonly site: string; readonly shard: string };
}

/** The listener: who it is and what it keeps of its log. */
export interface Welcome {
  readonly site: string;
  readonly deployment: string;
  readonly priority: number;
  /** See `LinkStatus`; older versions say nothing. */
  readonly policies: string;
  readonly origin: Origin;
  readonly first: number;
  readonly last: number;
}

/** The dialer: where to begin, and what it takes. */
export interface Start {
  readonly from: number;
  readonly window: number;
  readonly maxFrame: number;
}

/** Why the sender of an error frame hangs up. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export function writeHello(hello: Hello, protocol: VersionRange, nonce: Uint8Array): Uint8Array {
  const body = writeObject(hello);
  const bytes = new Uint8Array(helloHead + body.length);
  bytes.set(magic);
  const view = new DataView(bytes.buffer);
  view.setUint16(magic.length, protocol.current);
  view.setUint16(magic.length + 2, protocol.oldest);
  bytes.set(nonce, magic.length + 4);
  bytes.set(body, helloHead);
  return bytes;
}

/** The protocol versions of a hello, of whatever version. */
export function readHelloProtocol(payload: Uint8Array): VersionRange | undefined {
  if (payload.length < magic.length + 4 || magic.some((byte, i) => payload[i] !== byte)) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset);
  return { current: view.getUint16(magic.length), oldest: view.getUint16(magic.length + 2) };
}

export function readHello(payload: Uint8Array): Hello | undefined {
  if (payload.length < helloHead) return undefined;
  const value = readObject(payload.subarray(helloHead));
  if (value === undefined || !isSiteId(value.site) || !isName(value.shard) || !isName(value.deployment)) {
    return undefined;
  }
  const { entrySchema, wanted } = value;
  if (!isInteger(value.priority) || !isRange(entrySchema) || !isWanted(wanted)) return undefined;
  const { site, shard, deployment, priority } = value;
  return { site, shard, deployment, priority, entrySchema, wanted };
}

export function writeChallenge(agreed: number, nonce: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + nonceBytes);
  new DataView(bytes.buffer).setUint16(0, agreed);
  bytes.set(nonce, 2);
  return bytes;
}

/** The protocol version that the listener chose. */
export function readChallenge(payload: Uint8Array): number | undefined {
  if (payload.length !== 2 + nonceBytes) return undefined;
  return new DataView(payload.buffer, payload.byteOffset).getUint16(0);
}

/** Reads what a welcome says; the proof that stands before it is the caller's. */
export function readWelcome(said: Uint8Array): Welcome | undefined {
  const value = readObject(said);
  if (value === undefined || !isSiteId(value.site) || !isName(value.deployment)) return undefined;
  const { site, deployment, priority, origin, first, last } = value;
  if (!isInteger(priority) || !isOrigin(origin) || !isInteger(first) || !isInteger(last)) return undefined;
  const { policies = '' } = value;
  if (typeof policies !== 'string' || !/^[0-9a-f]{0,64}$/.test(policies)) return undefined;
  return { site, deployment, priority, policies, origin, first, last };
}

export function readStart(payload: Uint8Array): Start | undefined {
  const value = readObject(payload);
  if (value === undefined) return undefined;
  const { from, window, maxFrame } = value;
  if (!isInteger(from) || !isInteger(window) || !isInteger(maxFrame)) return undefined;
  return from >= 1 && window >= 1 && maxFrame >= 1024 ? { from, window, maxFrame } : undefined;
}

/** Reads an error frame; its text is cut and stripped of control characters, for it ends up in logs. */
export function readRefusal(payload: Uint8Array): Refusal | undefined {
  const value = readObject(payload);
  if (value === undefined || typeof value.code !== 'string' || typeof value.message !== 'string') return undefined;
  return { code: clean(value.code), message: clean(value.message) };
}

function clean(text: string): string {
  return text.slice(0, 300).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

function isOrigin(value: unknown): value is Origin {
  if (typeof value !== 'string') return false;
  const parts = value.split('/');
  return parts.length === 3 && isSiteId(parts[0]) && isName(parts[1]) && isName(parts[2]);
}

function isRange(value: unknown): value is VersionRange {
  if (typeof value !== 'object' || value === null) return false;
  const range = value as Record<string, unknown>;
  return isInteger(range.current) && isInteger(range.oldest);
}

function isWanted(value: unknown): value is Hello['wanted'] {
  if (typeof value !== 'object' || value === null) return false;
  const wanted = value as Record<string, unknown>;
  return isSiteId(wanted.site) && isName(wanted.shard);
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
