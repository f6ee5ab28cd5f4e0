/**
 * Proving that one holds the shared token, without sending it.
 *
 * A proof is an HMAC-SHA-256 keyed with the token over the role, the hello and the challenge (so: both sides' nonces, the
 * versions, who wants what from whom), and whatever else the frame that carries it says. The role keeps a proof from being
 * sent back to whoever made it. Without a token the key is empty and the proof proves nothing; that is for mutual TLS,
 * where certificates do, and for plain links that were configured so. The connection itself is not protected by this:
 * whoever can alter bytes on a plain link can alter what comes after the handshake.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What both sides have seen of the handshake. */
export interface Transcript {
  /** Payload of the hello frame. */
  readonly hello: Uint8Array;
  /** Payload of the challenge frame. */
  readonly challenge: Uint8Array;
}

/** The proof of one role. @param said - what else the proof vouches for. */
export function prove(
  token: string | undefined,
  role: 'dialer' | 'listener',
  transcript: Transcript,
  said: Uint8Array,
): Uint8Array {
  const hmac = createHmac('sha256', token ?? '').update(`entwine direct 1 ${role}\n`);
  for (const part of [transcript.hello, transcript.challenge, said]) {
    hmac.update(createHash('sha256').update(part).digest());
  }
  return hmac.digest();
}

/** Compares in constant time. */
export function sameProof(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
