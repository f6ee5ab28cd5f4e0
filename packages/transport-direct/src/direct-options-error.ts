/** Our own misuse: options that cannot be right, or a call out of place. What peers and networks do is a `LinkError`. */

/** `insecure`: plain links beyond loopback. `option`: a value that cannot be right. `state`: a call out of place. */
export type DirectOptionsErrorCode = 'insecure' | 'option' | 'state';

/** Thrown by `createDirectTransport`, and by `start` when called twice. */
export class DirectOptionsError extends Error {
  override readonly name = 'DirectOptionsError';
  readonly code: DirectOptionsErrorCode;
  readonly retriable = false;

  constructor(code: DirectOptionsErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
