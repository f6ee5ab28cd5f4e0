/**
 * Reads one peer's log: dials, introduces itself, takes in, and dials again when that ends.
 *
 * Every connection begins where the host says it has got to, so whatever was cut off or held is read again. A refusal is
 * tried again at the slow end of the backoff. The backoff starts anew only after a link has lasted a while.
 */
import type { Origin } from '@entwine/core';
import type { DirectPeer } from '../direct-options.ts';
import { LinkError } from '../link-error.ts';
import { openSocket } from '../security/open-socket.ts';
import { type DialDone, DialHandshake } from '../wire/dial-handshake.ts';
import { numberFrame } from '../wire/encode-frame.ts';
import { type FrameType, frameType } from '../wire/frame-type.ts';
import { backoff } from './backoff.ts';
import { Connection } from './connection.ts';
import { guard } from './guard.ts';
import type { LinkContext } from './link-context.ts';
import { LogReader } from './log-reader.ts';

/** The link from one peer. */
export class Dialer {
  readonly #context: LinkContext;
  readonly #peer: DirectPeer;
  readonly #paused = new Set<Origin>();
  readonly #settled = new Map<Origin, number>();
  #connection: Connection | undefined;
  #origin: Origin | undefined;
  /** What the peer said last. */
  #policies: string | undefined;
  #reader: LogReader | undefined;
  #retry: NodeJS.Timeout | undefined;
  #steady: NodeJS.Timeout | undefined;
  #failures = 0;
  #refused = false;
  #acknowledged = 0;
  #ackPending = false;
  #closed = false;

  constructor(context: LinkContext, peer: DirectPeer) {
    this.#context = context;
    this.#peer = peer;
  }

  start(): void {
    this.#report('connecting', 'dialing');
    this.#dial();
  }

  /** The peer is known to be there: don't wait out a pause between attempts. Refusals keep their pace. */
  hurry(): void {
    if (this.#closed || this.#retry === undefined || this.#refused) return;
    clearTimeout(this.#retry);
    this.#dial();
  }

  /** Tells the origin; many calls in one turn of the event loop make one frame. */
  settled(origin: Origin, seq: number): void {
    if (seq <= (this.#settled.get(origin) ?? 0)) return;
    this.#settled.set(origin, seq);
    if (origin === this.#origin) this.#scheduleAck();
  }

  pause(origin: Origin): void {
    this.#paused.add(origin);
    if (origin === this.#origin) this.#reader?.pause();
  }

  resume(origin: Origin): void {
    if (!this.#paused.delete(origin) || origin !== this.#origin) return;
    const { error } = guard(() => this.#reader?.resume());
    if (error !== undefined) this.#connection?.refuse(error);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#sendAck();
    this.#connection?.end(new LinkError('closed', 'closed here'));
  }

  #dial(): void {
    this.#retry = undefined;
    const { self, limits, security, host, nonce } = this.#context;
    const terms = {
      window: limits.windowBytes,
      maxFrame: limits.maxFrameBytes,
      receivedUpTo: (origin: Origin) => host.receivedUpTo(origin),
    };
    const handshake = new DialHandshake(self, this.#peer.site, terms, nonce());
    const socket = openSocket(this.#peer, security, () => connection.send(handshake.hello()));
    const connection = new Connection(socket, limits, {
      frame: (type, payload) =>
        this.#reader === undefined
          ? this.#introduce(handshake, connection, type, payload)
          : this.#take(this.#reader, type, payload),
      writable: () => {},
      ended: (error) => this.#ended(error),
    });
    this.#connection = connection;
  }

  #introduce(
    handshake: DialHandshake,
    connection: Connection,
    type: FrameType,
    payload: Uint8Array,
  ): LinkError | undefined {
    const { value: step, error } = guard(() => handshake.step(type, payload));
    if (step === undefined) return error;
    if (step.kind === 'refuse') return step.error;
    if (step.kind === 'continue') connection.send(step.send);
    else this.#begin(connection, step.done);
    return undefined;
  }

  #begin(connection: Connection, { origin, from, policies }: DialDone): void {
    const { host, limits } = this.#context;
    this.#origin = origin;
    this.#acknowledged = 0;
    this.#refused = false;
    this.#reader = new LogReader(origin, from, this.#paused.has(origin), limits, {
      deliver: (batch) => host.deliver(batch),
      grant: (bytes) => connection.send(numberFrame(frameType.credit, bytes)),
    });
    connection.established();
    this.#steady = setTimeout(() => {
      this.#failures = 0;
    }, limits.backoffCapMs);
    this.#policies = policies;
    this.#report('up', `reading ${origin} from ${from}`);
    this.#sendAck();
  }

  #take(reader: LogReader, type: FrameType, payload: Uint8Array): LinkError | undefined {
    const { value, error } = guard(() => {
      if (type === frameType.data) return reader.data(payload);
      if (type === frameType.more) return reader.more(payload);
      return new LinkError('violation', `frame type ${type} is not for a reader`);
    });
    return value ?? error;
  }

  #scheduleAck(): void {
    if (this.#ackPending) return;
    this.#ackPending = true;
    setImmediate(() => {
      this.#ackPending = false;
      this.#sendAck();
    });
  }

  #sendAck(): void {
    const seq = this.#origin === undefined ? 0 : (this.#settled.get(this.#origin) ?? 0);
    if (seq <= this.#acknowledged || this.#connection === undefined) return;
    this.#acknowledged = seq;
    this.#connection.send(numberFrame(frameType.ack, seq));
  }

  #ended(error: LinkError): void {
    this.#reader?.stop();
    this.#reader = undefined;
    this.#origin = undefined;
    this.#connection = undefined;
    clearTimeout(this.#steady);
    if (this.#closed) return;
    this.#refused = !error.retriable;
    this.#report(this.#refused ? 'refused' : 'down', `${error.code}: ${error.message}`);
    const { limits, random } = this.#context;
    const attempt = this.#refused ? Number.POSITIVE_INFINITY : this.#failures++;
    this.#retry = setTimeout(() => this.#dial(), backoff(attempt, limits, random()));
  }

  #report(state: 'connecting' | 'up' | 'down' | 'refused', detail: string): void {
    const policies = this.#policies;
    const said = policies === undefined ? {} : { policies };
    this.#context.board.set({ peer: this.#peer.site, direction: 'in', state, detail, ...said });
  }
}
