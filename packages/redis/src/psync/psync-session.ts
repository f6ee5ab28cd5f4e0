/**
 * One attachment to one server, from PSYNC to the end of the connection.
 *
 * Rules: REPLCONF ACK goes out every second from the first answer on, paused or not: a diskless master starts the stream
 * only on an ACK that comes after it has reaped its child, and a server drops a replica that stays silent. To a master we
 * acknowledge 0: a true offset would count us in its users' WAIT and make us a failover candidate. To a replica we
 * acknowledge what was read, because nobody waits there. Nothing arriving for the idle timeout ends the session, unless
 * we do not read ourselves. Exactly one `failed` ends a session; after `close` nothing is reported.
 */
import type { Attachment, Position, SourceSink } from '@entwine/core';
import type { Connection } from '../connection/connection.ts';
import type { NodeInfo } from '../discovery/parse-info.ts';
import { endpointName } from '../redis-endpoint.ts';
import { errorOfReply, RedisError, redact } from '../redis-error.ts';
import type { After } from '../timers.ts';
import { type PsyncEvent, PsyncReader } from './psync-reader.ts';

/** What a session needs. */
export interface PsyncSessionOptions {
  readonly connection: Connection;
  /** The server's word immediately before PSYNC. */
  readonly info: NodeInfo;
  readonly sink: SourceSink;
  readonly resume: Position | null;
  readonly idleTimeout: number;
  readonly ackInterval: number;
  readonly after: After;
  readonly attached: () => void;
  readonly failed: (error: RedisError) => void;
}

/** Reads one attachment into the sink. */
export class PsyncSession {
  readonly #options: PsyncSessionOptions;
  readonly #reader: PsyncReader = new PsyncReader();
  #cancelTick: () => void = () => {};
  #offset = 0;
  #answered = false;
  #streaming = false;
  #quietFor = 0;
  #paused: boolean;
  /** Stream bytes that arrived with the answer while paused. */
  #heldBack: Buffer[] = [];
  #over = false;

  constructor(options: PsyncSessionOptions, paused: boolean) {
    this.#options = options;
    this.#paused = paused;
  }

  /** Sends PSYNC. */
  start(): void {
    const { connection, resume } = this.#options;
    connection.upgrade({ bytes: (chunk) => this.#read(chunk), ended: (error) => this.#fail(error) });
    if (this.#over) return;
    if (resume) connection.send('PSYNC', resume.replicationId, String(resume.offset + 1));
    else connection.send('PSYNC', '?', '-1');
    this.#tick();
  }

  /** Stops reading once the stream flows; the handshake and the snapshot, which give the sink nothing, go on. */
  pause(): void {
    this.#paused = true;
    if (this.#streaming) this.#options.connection.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#quietFor = 0;
    while (!this.#paused && !this.#over && this.#heldBack.length > 0) this.#deliver(this.#heldBack.shift()!);
    if (!this.#paused && !this.#over) this.#options.connection.resume();
  }

  close(): void {
    this.#over = true;
    this.#heldBack = [];
    this.#cancelTick();
    this.#options.connection.close();
  }

  #read(chunk: Buffer): void {
    if (this.#over) return;
    this.#quietFor = 0;
    if (this.#reader.streaming) {
      this.#stream(chunk);
      return;
    }
    for (const event of this.#reader.read(chunk)) {
      if (this.#over) return;
      this.#take(event);
    }
  }

  #take(event: PsyncEvent): void {
    const { connection, info, resume } = this.#options;
    const name = endpointName(connection.endpoint);
    switch (event.kind) {
      case 'snapshot':
        this.#answered = true;
        return;
      case 'continue':
        if (!resume) {
          this.#fail(
            new RedisError('protocol', `${name} continues a stream that we did not ask for; check the server`),
          );
          return;
        }
        this.#attach({
          mode: 'continue',
          position: { ...resume, replicationId: event.replicationId ?? resume.replicationId },
          ...this.#server(),
          backlogEnd: Math.max(resume.offset, info.offset),
        });
        return;
      case 'full':
        this.#attach({
          mode: 'full',
          position: { replicationId: event.replicationId, offset: event.offset, db: event.streamDb },
          ...this.#server(),
          backlogEnd: event.offset,
          empty: event.empty,
        });
        return;
      case 'bytes':
        this.#stream(event.chunk);
        return;
      case 'refused':
        this.#fail(errorOfReply(event.reply, connection.endpoint, 'PSYNC'));
        return;
      case 'malformed':
        this.#fail(this.#malformed(event.start));
    }
  }

  #attach(attachment: Attachment): void {
    this.#offset = attachment.position.offset;
    this.#answered = true;
    this.#streaming = true;
    this.#options.attached();
    this.#options.sink.attached(attachment);
    if (this.#over) return;
    this.#acknowledge();
    if (this.#paused) this.#options.connection.pause();
  }

  #stream(chunk: Buffer): void {
    if (this.#paused) this.#heldBack.push(chunk);
    else this.#deliver(chunk);
  }

  #deliver(chunk: Buffer): void {
    this.#offset += chunk.length;
    this.#options.sink.bytes(chunk);
  }

  #tick(): void {
    const { ackInterval, idleTimeout, connection } = this.#options;
    this.#cancelTick = this.#options.after(ackInterval, () => {
      if (this.#answered) this.#acknowledge();
      if (!(this.#paused && this.#streaming)) this.#quietFor += ackInterval;
      if (this.#quietFor < idleTimeout) {
        this.#tick();
        return;
      }
      const name = endpointName(connection.endpoint);
      const why = this.#options.info.role === 'replica' ? ' (a replica falls silent when it loses its master)' : '';
      this.#fail(new RedisError('idle', `${name} sent nothing for ${idleTimeout} ms${why}; looking for another node`));
    });
  }

  #acknowledge(): void {
    const true_ = this.#streaming && this.#options.info.role === 'replica';
    this.#options.connection.send('REPLCONF', 'ACK', String(true_ ? this.#offset : 0));
  }

  #fail(error: RedisError): void {
    if (this.#over) return;
    this.close();
    this.#options.failed(error);
  }

  #server(): { endpoint: string; role: 'master' | 'replica' } {
    return { endpoint: endpointName(this.#options.connection.endpoint), role: this.#options.info.role };
  }

  #malformed(start: string): RedisError {
    const { endpoint } = this.#options.connection;
    const said = redact(start, endpoint);
    return new RedisError(
      'protocol',
      `${endpointName(endpoint)} answered PSYNC with "${said}"; is it Redis or Valkey?`,
    );
  }
}
