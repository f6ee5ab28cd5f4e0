/**
 * The listener's half of the handshake: hello in, challenge out, proof in, welcome out, start in.
 *
 * Nothing about our log, and no verdict on who may connect, leaves before the dialer has proven itself; only the protocol
 * version is judged earlier, for it says how to go on. Whether the log still holds what `start` asks for is the caller's
 * to check. No sockets and no clock in here.
 */
import type { Origin } from '@entwine/core';
import { LinkError } from '../link-error.ts';
import { checkPriority } from './check-priority.ts';
import { encodeFrame } from './encode-frame.ts';
import { type FrameType, frameType } from './frame-type.ts';
import type { HandshakeStep } from './handshake-step.ts';
import type { Identity } from './identity.ts';
import { type Hello, readHello, readHelloProtocol, readStart, type Start, writeChallenge } from './messages.ts';
import { prove, sameProof } from './proof.ts';
import { protocol } from './protocol.ts';
import { writeObject } from './read-payload.ts';
import { describeRange, reads, sharedVersion } from './version-range.ts';

/** The log that is offered. */
export interface OfferedLog {
  readonly origin: Origin;
  ownRange(): { readonly first: number; readonly last: number };
}

/** Who reads our log, and how. */
export interface ListenDone extends Start {
  readonly site: string;
}

type Step = HandshakeStep<ListenDone>;

/** One connection that was accepted. */
export class ListenHandshake {
  readonly #self: Identity;
  readonly #log: OfferedLog;
  readonly #nonce: Uint8Array;
  #state: 'hello' | 'proof' | 'start' = 'hello';
  #helloPayload: Uint8Array = new Uint8Array(0);
  #hello: Hello | undefined;
  #challenge: Uint8Array = new Uint8Array(0);

  /** @param nonce - 32 bytes never used before. */
  constructor(self: Identity, log: OfferedLog, nonce: Uint8Array) {
    this.#self = self;
    this.#log = log;
    this.#nonce = nonce;
  }

  /** The site that the dialer says it is, once it has said so. */
  get claimed(): string | undefined {
    return this.#hello?.site;
  }

  /** Takes the dialer's next frame. */
  step(type: FrameType, payload: Uint8Array): Step {
    if (type !== frameType[this.#state]) return refuse('violation', `expected ${this.#state}, got frame type ${type}`);
    if (this.#state === 'hello') return this.#onHello(payload);
    if (this.#state === 'proof') return this.#onProof(payload);
    const start = readStart(payload);
    if (start === undefined || this.#hello === undefined) return refuse('violation', 'malformed start');
    return { kind: 'done', done: { ...start, site: this.#hello.site } };
  }

  #onHello(payload: Uint8Array): Step {
    const theirs = readHelloProtocol(payload);
    if (theirs === undefined) return refuse('garbage', 'this is not an Entwine replicator');
    const agreed = sharedVersion(protocol, theirs);
    if (agreed === undefined) {
      const spoken = `the dialer speaks protocol ${describeRange(theirs)}`;
      return refuse('protocol-version', `${spoken}, ${this.#self.site} speaks ${describeRange(protocol)}`);
    }
    this.#hello = readHello(payload);
    if (this.#hello === undefined) return refuse('violation', 'malformed hello');
    this.#helloPayload = payload.slice();
    this.#challenge = writeChallenge(agreed, this.#nonce);
    this.#state = 'proof';
    return { kind: 'continue', send: encodeFrame(frameType.challenge, this.#challenge) };
  }

  #onProof(payload: Uint8Array): Step {
    const self = this.#self;
    const hello = this.#hello!;
    const transcript = { hello: this.#helloPayload, challenge: this.#challenge };
    if (!sameProof(prove(self.token, 'dialer', transcript, new Uint8Array(0)), payload)) {
      return refuse('wrong-token', `${hello.site} does not hold the token of ${self.site}`);
    }
    const error = judge(self, hello);
    if (error !== undefined) return { kind: 'refuse', error };
    this.#state = 'start';
    const { site, deployment, priority, policies } = self;
    const said = writeObject({
      site,
      deployment,
      priority,
      policies,
      origin: this.#log.origin,
      ...this.#log.ownRange(),
    });
    const proof = prove(self.token, 'listener', transcript, said);
    const welcome = new Uint8Array(proof.length + said.length);
    welcome.set(proof);
    welcome.set(said, proof.length);
    return { kind: 'continue', send: encodeFrame(frameType.welcome, welcome) };
  }
}

/** Whether this dialer may read our log. */
function judge(self: Identity, hello: Hello): LinkError | undefined {
  const { site, shard, deployment, entrySchema, wanted } = hello;
  if (deployment !== self.deployment) {
    return new LinkError(
      'other-deployment',
      `${site} belongs to deployment ${deployment}, ${self.site} to ${self.deployment}`,
    );
  }
  if (site === self.site) {
    return new LinkError('own-site', `${site} is this site: it dialed itself, or two sites share the id`);
  }
  if (!self.peers.has(site)) return new LinkError('unknown-site', `${site} is not among the peers of ${self.site}`);
  if (wanted.site !== self.site) return new LinkError('wrong-site', `this is ${self.site}, not ${wanted.site}`);
  if (shard !== self.shard || wanted.shard !== self.shard) {
    return new LinkError('wrong-shard', `shard ${self.shard} is kept here, ${wanted.shard} is wanted by ${shard}`);
  }
  if (!reads(entrySchema, self.entrySchema.current)) {
    const { current } = self.entrySchema;
    return new LinkError(
      'entry-schema',
      `${self.site} writes entry schema ${current}, ${site} reads ${describeRange(entrySchema)}`,
    );
  }
  return checkPriority(self, site, hello.priority);
}

function refuse(code: ConstructorParameters<typeof LinkError>[0], message: string): Step {
  return { kind: 'refuse', error: new LinkError(code, message) };
}
