/**
 * The one error class of this package.
 *
 * Rules: the set of codes is closed; `retriable` says whether waiting alone may cure it; the message names what failed,
 * where, and what to do. A password never appears in it: text that came from a server passes through `redact` first,
 * because servers that do not know AUTH echo its arguments.
 */
import { endpointName, type RedisEndpoint } from './redis-endpoint.ts';

/** The closed set of codes of a {@link RedisError}. */
export type RedisErrorCode =
  /** Nothing accepts connections there, or the name does not resolve. */
  | 'unreachable'
  /** It accepts connections but did not answer in time. */
  | 'timeout'
  /** TLS could not be agreed upon. */
  | 'tls'
  /** Something else than Redis answers. */
  | 'not-redis'
  /** Password missing or wrong. */
  | 'not-authenticated'
  /** Signed in, but without the rights needed. */
  | 'denied'
  /** The server reads its data from disk. */
  | 'loading'
  /** A script that somebody runs there keeps the server from answering. */
  | 'busy'
  /** A replica that has lost its master. */
  | 'master-link-down'
  /** `capture: 'replica'` and no replica is fit. */
  | 'no-replica'
  /** Several servers call themselves master and nothing tells which one is. */
  | 'ambiguous-master'
  /** The server answered with an error of another kind. */
  | 'refused'
  /** The connection ended. */
  | 'disconnected'
  /** Nothing arrived for too long. */
  | 'idle'
  /** The server sent what the protocol does not allow. */
  | 'protocol';

/** What waiting alone does not cure. */
const lasting: ReadonlySet<RedisErrorCode> = new Set(['tls', 'not-redis', 'not-authenticated', 'denied']);

/** An error of a Redis adapter. */
export class RedisError extends Error {
  readonly code: RedisErrorCode;
  /** Whether trying again later may succeed without anybody changing anything. */
  readonly retriable: boolean;

  constructor(code: RedisErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RedisError';
    this.code = code;
    this.retriable = !lasting.has(code);
  }
}

/** `text` as it may be shown: without the endpoint's password, on one line, and not longer than a message bears. */
export function redact(text: string, endpoint: RedisEndpoint): string {
  const hidden = endpoint.password ? text.replaceAll(endpoint.password, '***') : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the text comes from whatever listens there
  const line = hidden.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** The error for an error reply, given without its leading `-`. */
export function errorOfReply(reply: string, endpoint: RedisEndpoint, what: string): RedisError {
  const name = endpointName(endpoint);
  const said = redact(reply, endpoint);
  const word = reply.slice(0, reply.search(/\s|$/));
  switch (word) {
    case 'NOAUTH':
      return new RedisError('not-authenticated', `${name} wants a password (${said}); configure one for it`);
    case 'WRONGPASS':
      return new RedisError('not-authenticated', `${name} refuses the user name or password; correct them (${said})`);
    case 'NOPERM':
      return new RedisError('denied', `${name} denies ${what} to this user; grant it with ACL SETUSER (${said})`);
    case 'DENIED':
      return new RedisError('denied', `${name} runs in protected mode; set a password or bind address there (${said})`);
    case 'LOADING':
      return new RedisError('loading', `${name} is loading its data set; wait for it (${said})`);
    case 'BUSY':
      return new RedisError('busy', `${name} is busy with a script; wait for it or end it with SCRIPT KILL (${said})`);
    case 'MASTERDOWN':
    case 'NOMASTERLINK':
      return new RedisError(
        'master-link-down',
        `${name} is a replica without a link to its master; bring the master back or promote a replica (${said})`,
      );
    default:
      return new RedisError('refused', `${name} answered ${what} with an error: ${said}`);
  }
}
