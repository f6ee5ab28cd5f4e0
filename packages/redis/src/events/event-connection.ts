/**
 * One connection to a master that carries its keyspace events, and answers in between how far its stream reaches.
 *
 * Rules: it speaks RESP3, where a subscribed connection may go on asking, so events and answers come in the order in
 * which the server made them: that is what makes a fence exact. With every fence the server's role and its setting are
 * checked again; when they no longer serve, the connection ends. A server that is busy with a script is asked again: the
 * events of that script have come, its deletes are not in the stream yet. It never reconnects.
 */
import type { EventFence, KeyspaceEventKind } from '@entwine/core';
import { Connection, type ConnectionOptions } from '../connection/connection.ts';
import { encodeText } from '../connection/encode-text.ts';
import { ErrorReply } from '../connection/reply-parser.ts';
import { parseInfo } from '../discovery/parse-info.ts';
import { endpointName, type RedisEndpoint } from '../redis-endpoint.ts';
import { errorOfReply, RedisError } from '../redis-error.ts';
import type { After } from '../timers.ts';
import { withNeededFlags } from './notify-flags.ts';
import { PushParser, type Value } from './push-parser.ts';

/** Hears what the connection carries, in the server's order. */
export interface EventHandler {
  event(db: number, key: string, kind: KeyspaceEventKind): void;
  note(message: string): void;
}

/** How to connect. */
export interface EventConnectionOptions extends ConnectionOptions {
  readonly commandTimeout: number;
  /** Whether to add the flags that the setting lacks. */
  readonly setNotify: boolean;
  readonly after: After;
}

const setting = 'notify-keyspace-events';
const patterns = ['__keyevent@*__:expired', '__keyevent@*__:evicted'] as const;
const kinds: ReadonlyMap<string, KeyspaceEventKind> = new Map([
  [patterns[0], 'expired'],
  [patterns[1], 'evicted'],
]);
const hello = Buffer.concat([encodeText(['HELLO', '3']), encodeText(['PSUBSCRIBE', ...patterns])]);
const question = Buffer.concat([encodeText(['INFO', 'replication']), encodeText(['CONFIG', 'GET', setting])]);
/** Milliseconds after which a busy server is asked again. */
const busyPause = 20;

/** A subscribed connection. */
export class EventConnection {
  readonly #connection: Connection;
  readonly #options: EventConnectionOptions;
  readonly #handler: EventHandler;
  readonly #parser: PushParser;
  readonly #databases: Map<string, number> = new Map();
  #waiting: ((value: Value) => void)[] = [];
  #unconfirmed: number = patterns.length;
  #over = false;
  #reportEnd: (error: RedisError) => void = () => {};
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<RedisError>;

  private constructor(connection: Connection, handler: EventHandler, options: EventConnectionOptions) {
    this.#connection = connection;
    this.#handler = handler;
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#reportEnd = resolve;
    });
    this.#parser = new PushParser({
      message: (pattern, channel, key) => this.#message(pattern, channel, key),
      push: () => {
        this.#unconfirmed--;
      },
      reply: (value) => this.#waiting.shift()?.(value),
    });
  }

  /** Connects, looks at the setting (or sees to it) and subscribes. Throws a RedisError. */
  static async open(
    endpoint: RedisEndpoint,
    handler: EventHandler,
    options: EventConnectionOptions,
  ): Promise<EventConnection> {
    const connection = await Connection.open(endpoint, options);
    try {
      const note = await prepare(connection, options.setNotify);
      if (note !== undefined) handler.note(note);
    } catch (error) {
      connection.close();
      throw error;
    }
    const opened = new EventConnection(connection, handler, options);
    opened.#subscribe();
    return opened;
  }

  /** Asks how far the stream reaches. `take` is called in order with the events; not at all once the connection ends. */
  ask(take: (fence: EventFence) => void): void {
    if (this.#over) return;
    let busy = false;
    let info: Value = null;
    const late = this.#options.after(this.#options.commandTimeout, () => this.#late());
    this.#waiting.push(
      (value) => {
        info = value;
        busy = isBusy(value);
      },
      (value) => {
        late();
        if (busy || isBusy(value)) this.#options.after(busyPause, () => this.ask(take));
        else this.#answer(info, value, take);
      },
    );
    this.#connection.write(question);
  }

  /** Ends the connection. */
  end(error: RedisError): void {
    if (this.#over) return;
    this.#over = true;
    this.#waiting = [];
    this.#connection.close();
    this.#reportEnd(error);
  }

  #subscribe(): void {
    this.#waiting.push((value) => {
      if (value instanceof ErrorReply) this.#refused(value, 'HELLO 3');
    });
    this.#connection.upgrade({
      bytes: (chunk) => {
        if (!this.#over && !this.#parser.push(chunk)) this.#nonsense();
      },
      ended: (error) => this.end(error),
    });
    this.#connection.write(hello);
  }

  #message(pattern: string, channel: string, key: string): void {
    const kind = kinds.get(pattern);
    if (this.#over || kind === undefined) return;
    let db = this.#databases.get(channel);
    if (db === undefined) {
      db = Number(/^__keyevent@(\d+)__/.exec(channel)?.[1] ?? 0);
      this.#databases.set(channel, db);
    }
    this.#handler.event(db, key, kind);
  }

  #answer(info: Value, config: Value, take: (fence: EventFence) => void): void {
    if (this.#over) return;
    if (info instanceof ErrorReply) this.#refused(info, 'INFO');
    else if (config instanceof ErrorReply) this.#refused(config, 'CONFIG GET');
    else if (this.#unconfirmed > 0) this.#nonsense();
    else this.#fence(String(info), Array.isArray(config) ? String(config[1] ?? '') : '', take);
  }

  #fence(info: string, flags: string, take: (fence: EventFence) => void): void {
    const name = endpointName(this.#connection.endpoint);
    const { role, replicationId, offset } = parseInfo(info);
    if (role !== 'master')
      this.end(new RedisError('refused', `${name} is no longer the master; looking for the new one`));
    else if (withNeededFlags(flags) !== flags) this.end(lacking(name, flags));
    else take({ replicationId, offset });
  }

  /** An error reply in the wrong place: a subscription refused stands where its confirmation should be. */
  #refused(reply: ErrorReply, what: string): void {
    const asked = this.#unconfirmed > 0 && reply.message.startsWith('NOPERM') ? 'PSUBSCRIBE' : what;
    this.end(errorOfReply(reply.message, this.#connection.endpoint, asked));
  }

  #late(): void {
    const name = endpointName(this.#connection.endpoint);
    this.end(new RedisError('timeout', `${name} did not answer on its event connection; check its load`));
  }

  #nonsense(): void {
    const name = endpointName(this.#connection.endpoint);
    this.end(new RedisError('protocol', `${name} sent on its event connection what RESP3 does not allow`));
  }
}

/** Sees to the setting. Returns what was changed, for people. */
async function prepare(connection: Connection, setNotify: boolean): Promise<string | undefined> {
  const name = endpointName(connection.endpoint);
  const reply = await connection.ask('CONFIG', 'GET', setting);
  const flags = Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : '';
  const wanted = withNeededFlags(flags);
  if (wanted === flags) return undefined;
  if (!setNotify) throw lacking(name, flags);
  await connection.ask('CONFIG', 'SET', setting, wanted);
  return `${setting} of ${name} was "${flags}" and is now "${wanted}"; put it into its configuration file`;
}

function lacking(name: string, flags: string): RedisError {
  const wanted = withNeededFlags(flags);
  return new RedisError('refused', `${setting} of ${name} is "${flags}"; set ${setting} to ${wanted}`);
}

function isBusy(value: Value): boolean {
  return value instanceof ErrorReply && /^(BUSY|LOADING)\b/.test(value.message);
}
