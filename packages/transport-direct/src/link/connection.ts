/**
 * A socket that speaks frames.
 *
 * Rules: `ended` is called once, with the reason; after it nothing else is. An end that the peer should know of (`refuse`)
 * sends an error frame and goes on reading into the void for a moment, or the reset that follows unread bytes would destroy
 * the frame on its way. Pings: a quarter of the idle timeout without a byte from the peer sends one, four quarters end the
 * link. Silence is counted in ticks, not read off a clock, so that a stall of our own process is not taken for the peer's.
 */
import type { Socket } from 'node:net';
import { isLinkErrorCode, LinkError } from '../link-error.ts';
import { encodeFrame } from '../wire/encode-frame.ts';
import { FrameDecoder, type FrameFailure } from '../wire/frame-decoder.ts';
import { type FrameType, frameType } from '../wire/frame-type.ts';
import { readRefusal } from '../wire/messages.ts';
import { maxHandshakeBytes } from '../wire/protocol.ts';
import { writeObject } from '../wire/read-payload.ts';
import { socketError } from './socket-error.ts';

/** Who is told what happens on a connection. `frame` returns why the connection must be refused, if it must. */
export interface ConnectionEvents {
  frame(type: FrameType, payload: Uint8Array): LinkError | undefined;
  /** The socket took a write that had to wait. */
  writable(): void;
  ended(error: LinkError): void;
}

/** Limits of a connection. */
export interface ConnectionLimits {
  readonly maxFrameBytes: number;
  readonly sendBufferBytes: number;
  readonly idleTimeoutMs: number;
}

const ticksPerTimeout = 4;
/** How long a refused peer is read into the void, in milliseconds. */
const lingerMs = 1_000;
const empty: Uint8Array = new Uint8Array(0);

/** One TCP or TLS connection, from either side. */
export class Connection {
  readonly #socket: Socket;
  readonly #limits: ConnectionLimits;
  readonly #events: ConnectionEvents;
  readonly #decoder: FrameDecoder = new FrameDecoder(maxHandshakeBytes);
  readonly #handshakeTimer: NodeJS.Timeout;
  #idleTimer: NodeJS.Timeout | undefined;
  #heard = false;
  #silentTicks = 0;
  #ended = false;
  readonly #onWritten: () => void;

  constructor(socket: Socket, limits: ConnectionLimits, events: ConnectionEvents) {
    this.#socket = socket;
    this.#limits = limits;
    this.#events = events;
    this.#onWritten = () => {
      if (!this.#ended) events.writable();
    };
    this.#handshakeTimer = setTimeout(() => {
      this.end(new LinkError('handshake-timeout', `no link within ${limits.idleTimeoutMs} ms`));
    }, limits.idleTimeoutMs);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Uint8Array) => this.#onData(chunk));
    socket.on('error', (error) => this.end(socketError(error)));
    socket.on('close', () => {
      const early = this.#idleTimer === undefined ? ' during the handshake (is security the same at both ends?)' : '';
      this.end(new LinkError('closed', `the connection was closed${early}`));
    });
  }

  /** The handshake is over: full-size frames from here on, and pings when it is quiet. */
  established(): void {
    if (this.#ended) return;
    clearTimeout(this.#handshakeTimer);
    this.#decoder.allow(this.#limits.maxFrameBytes);
    this.#idleTimer = setInterval(() => this.#tick(), this.#limits.idleTimeoutMs / ticksPerTimeout);
  }

  /** Whether the socket takes more than small frames. If not, `writable` is called when it does. */
  room(): boolean {
    return this.#socket.writableLength < this.#limits.sendBufferBytes;
  }

  /** Sends an encoded frame. */
  send(frame: Uint8Array): void {
    if (!this.#ended) this.#socket.write(frame);
  }

  /** Sends a frame whose body is not copied; it must not change until it is sent. */
  sendParts(head: Uint8Array, body: Uint8Array): void {
    if (this.#ended) return;
    this.#socket.cork();
    this.#socket.write(head);
    this.#socket.write(body, this.#onWritten);
    this.#socket.uncork();
  }

  /** Ends it at once. */
  end(error: LinkError): void {
    if (!this.#stop()) return;
    this.#socket.destroy();
    this.#events.ended(error);
  }

  /** Tells the peer why, then ends it. */
  refuse(error: LinkError): void {
    if (!this.#stop()) return;
    const socket = this.#socket;
    socket.end(encodeFrame(frameType.error, writeObject({ code: error.code, message: error.message })));
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
    this.#events.ended(error);
  }

  /** @returns false if it had ended before. */
  #stop(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    clearTimeout(this.#handshakeTimer);
    clearInterval(this.#idleTimer);
    return true;
  }

  #onData(chunk: Uint8Array): void {
    if (this.#ended) return;
    this.#heard = true;
    this.#decoder.push(chunk);
    while (!this.#ended) {
      const result = this.#decoder.next();
      if (result.kind === 'need-more') return;
      const error = result.kind === 'failed' ? frameError(result) : this.#onFrame(result.type, result.payload);
      if (error !== undefined) this.refuse(error);
    }
  }

  #onFrame(type: FrameType, payload: Uint8Array): LinkError | undefined {
    if (type === frameType.pong) return undefined;
    if (type === frameType.ping) {
      // With a full send buffer the peer has plenty to hear already.
      if (this.room()) this.send(encodeFrame(frameType.pong, empty));
      return undefined;
    }
    if (type === frameType.error) {
      this.end(refusalError(payload));
      return undefined;
    }
    return this.#events.frame(type, payload);
  }

  #tick(): void {
    this.#silentTicks = this.#heard ? 0 : this.#silentTicks + 1;
    this.#heard = false;
    if (this.#silentTicks >= ticksPerTimeout) {
      this.end(new LinkError('silent', `nothing heard for ${this.#limits.idleTimeoutMs} ms`));
    } else if (this.#silentTicks > 0) {
      this.send(encodeFrame(frameType.ping, empty));
    }
  }
}

function frameError(failure: FrameFailure): LinkError {
  return failure.reason === 'oversized'
    ? new LinkError('oversized', `a frame of ${failure.length} bytes at ${failure.at} is above the limit`)
    : new LinkError('garbage', `no frame at ${failure.at}: type ${failure.type}`);
}

/** What a peer's error frame means here. */
function refusalError(payload: Uint8Array): LinkError {
  const refusal = readRefusal(payload);
  if (refusal === undefined) return new LinkError('violation', 'the peer hung up with a malformed reason');
  const code = isLinkErrorCode(refusal.code) ? refusal.code : 'violation';
  return new LinkError(code, `refused by the peer (${refusal.code}): ${refusal.message}`);
}
