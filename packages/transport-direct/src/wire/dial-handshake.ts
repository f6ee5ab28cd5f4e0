/**
 * The dialer's half of the handshake: hello out, challenge in, proof out, welcome in, start out, ready in.
 *
 * The dialer proves itself first, so that nobody who merely connects is given a proof to guess the token from. It starts
 * only when the listener has proven itself too and is the site that was meant. No sockets and no clock in here; where to
 * begin is asked of the host only once the listener's origin is proven.
 */
import type { Origin } from '@entwine/core';
import { LinkError } from '../link-error.ts';
import { checkPriority } from './check-priority.ts';
import { encodeFrame } from './encode-frame.ts';
import { type FrameType, frameType } from './frame-type.ts';
import type { HandshakeStep } from './handshake-step.ts';
import type { Identity } from './identity.ts';
import { readChallenge, readWelcome, writeHello } from './messages.ts';
import { prove, sameProof } from './proof.ts';
import { nonceBytes, protocol } from './protocol.ts';
import { writeObject } from './read-payload.ts';

/** What a dialer offers to take. */
export interface DialTerms {
  readonly window: number;
  readonly maxFrame: number;
  /** Up to where the origin's log is already here. */
  receivedUpTo(origin: Origin): number;
}

/** Whose log will flow, from where on. */
export interface DialDone {
  readonly origin: Origin;
  readonly from: number;
  /** Digest of the policies that the listener has. */
  readonly policies: string;
}

/** One attempt at one peer. */
export class DialHandshake {
  readonly #self: Identity;
  readonly #peer: string;
  readonly #terms: DialTerms;
  readonly #hello: Uint8Array;
  #challenge: Uint8Array | undefined;
  #asked: DialDone | undefined;

  /** @param nonce - 32 bytes never used before. */
  constructor(self: Identity, peer: string, terms: DialTerms, nonce: Uint8Array) {
    const { site, shard, deployment, priority, entrySchema } = self;
    this.#self = self;
    this.#peer = peer;
    this.#terms = terms;
    const hello = { site, shard, deployment, priority, entrySchema, wanted: { site: peer, shard } };
    this.#hello = writeHello(hello, protocol, nonce);
  }

  /** The first frame to send. */
  hello(): Uint8Array {
    return encodeFrame(frameType.hello, this.#hello);
  }

  /** Takes the listener's next frame. */
  step(type: FrameType, payload: Uint8Array): HandshakeStep<DialDone> {
    if (this.#challenge === undefined) return this.#onChallenge(type, payload);
    if (this.#asked === undefined) return this.#onWelcome(type, payload, this.#challenge);
    if (type === frameType.ready) return { kind: 'done', done: this.#asked };
    return refuse('violation', `expected ${this.#peer} to be ready, got frame type ${type}`);
  }

  #onChallenge(type: FrameType, payload: Uint8Array): HandshakeStep<DialDone> {
    const agreed = type === frameType.challenge ? readChallenge(payload) : undefined;
    if (agreed === undefined) return refuse('violation', `expected a challenge from ${this.#peer}`);
    if (agreed < protocol.oldest || agreed > protocol.current) {
      return refuse('protocol-version', `${this.#peer} chose protocol ${agreed}, which is not spoken here`);
    }
    this.#challenge = payload;
    const proof = prove(this.#self.token, 'dialer', { hello: this.#hello, challenge: payload }, new Uint8Array(0));
    return { kind: 'continue', send: encodeFrame(frameType.proof, proof) };
  }

  #onWelcome(type: FrameType, payload: Uint8Array, challenge: Uint8Array): HandshakeStep<DialDone> {
    const self = this.#self;
    if (type !== frameType.welcome || payload.length < nonceBytes) {
      return refuse('violation', `expected a welcome from ${this.#peer}`);
    }
    const said = payload.subarray(nonceBytes);
    const proof = prove(self.token, 'listener', { hello: this.#hello, challenge }, said);
    if (!sameProof(proof, payload.subarray(0, nonceBytes))) {
      return refuse('wrong-token', `${this.#peer} does not hold the token of ${self.site}`);
    }
    const welcome = readWelcome(said);
    if (welcome === undefined) return refuse('violation', `the welcome of ${this.#peer} is malformed`);
    const { site, deployment, priority, origin, policies } = welcome;
    if (deployment !== self.deployment) {
      return refuse(
        'other-deployment',
        `${site} belongs to deployment ${deployment}, ${self.site} to ${self.deployment}`,
      );
    }
    if (site !== this.#peer || !origin.startsWith(`${site}/${self.shard}/`)) {
      return refuse('wrong-site', `expected ${this.#peer}/${self.shard}, found ${origin} of ${site}`);
    }
    const error = checkPriority(self, site, priority);
    if (error !== undefined) return { kind: 'refuse', error };
    const from = this.#terms.receivedUpTo(origin) + 1;
    const { window, maxFrame } = this.#terms;
    this.#asked = { origin, from, policies };
    return { kind: 'continue', send: encodeFrame(frameType.start, writeObject({ from, window, maxFrame })) };
  }
}

function refuse(code: ConstructorParameters<typeof LinkError>[0], message: string): HandshakeStep<DialDone> {
  return { kind: 'refuse', error: new LinkError(code, message) };
}
