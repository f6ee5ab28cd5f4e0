/**
 * An address of the configuration cannot be listened on.
 */
import { type Address, formatAddress } from './config/address.ts';
import { describeListenFailure } from './listen-failure.ts';

/** `message` names the key, the address and the remedy. Not retried: somebody has to choose. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  /** `key`: `http.listen` or `link.listen`. `code`: of the system's error. */
  constructor(key: string, address: Address, code: string) {
    const { message, remedy } = describeListenFailure(code);
    super(`${key} ${formatAddress(address)} ${message}; ${remedy}`);
  }
}
