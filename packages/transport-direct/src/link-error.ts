/**
 * Errors of a link: what the network or the peer did. Our own misuse is a `DirectOptionsError`.
 */

/** What may go wrong, and whether trying again without changing anything can help. */
const retriableByCode = {
  /** The peer's address could not be reached. */
  unreachable: true,
  /** The listener could not be opened. */
  listen: false,
  /** The connection ended. */
  closed: true,
  /** Nothing was heard for longer than the idle timeout. */
  silent: true,
  /** Connecting and introducing each other took longer than the idle timeout. */
  'handshake-timeout': true,
  /** A newer connection from the same site took this one's place. */
  replaced: true,
  /** A batch does not continue the one before; the log is read again from where it broke. */
  gap: true,
  /** TLS failed: a certificate that is not trusted, missing or for another host, or no TLS at the other end. */
  tls: false,
  'protocol-version': false,
  'entry-schema': false,
  /** The peer does not hold our token. */
  'wrong-token': false,
  'other-deployment': false,
  /** The other side has our own site id. */
  'own-site': false,
  'unknown-site': false,
  /** The site that answers is not the one that was meant. */
  'wrong-site': false,
  'wrong-shard': false,
  'duplicate-priority': false,
  /** The peer's priority is not the one declared for it. */
  'other-priority': false,
  /** A frame or batch above the limit. */
  oversized: false,
  /** Bytes that are no frame. */
  garbage: false,
  /** A frame that makes no sense here, or more bytes than were granted. */
  violation: false,
  /** What is asked for is no longer kept: the reader must resynchronise. */
  trimmed: false,
  /** The reader holds more of the log than its owner does. */
  'origin-ahead': false,
  /** The host threw: its log could not be read, or what arrived could not be taken in. */
  host: false,
} as const;

/** The closed set of reasons. */
export type LinkErrorCode = keyof typeof retriableByCode;

/** Why a link ended or could not be made. Its message never holds a token. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly code: LinkErrorCode;
  /**
   * Whether trying again can help without anyone changing anything. If not, the link shows as refused and is tried at
   * the slow end of the backoff.
   */
  readonly retriable: boolean;

  constructor(code: LinkErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retriable = retriableByCode[code];
  }
}

/** Whether a text names a code. */
export function isLinkErrorCode(text: unknown): text is LinkErrorCode {
  return typeof text === 'string' && Object.hasOwn(retriableByCode, text);
}
