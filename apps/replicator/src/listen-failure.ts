/**
 * Why an address cannot be listened on, and what to do, in words.
 */

/** `message` goes on after the address; `remedy` is a clause of its own. */
export interface ListenFailure {
  readonly message: string;
  readonly remedy: string;
}

const known: Readonly<Record<string, ListenFailure>> = {
  EADDRINUSE: {
    message: 'is in use',
    remedy: 'stop the program that listens there (is this replicator already running?) or choose another port',
  },
  EACCES: { message: 'is not allowed for this user', remedy: 'choose a port above 1023' },
  EADDRNOTAVAIL: { message: 'is no address of this machine', remedy: 'choose one that is' },
  ENOTFOUND: { message: 'cannot be resolved', remedy: 'write an IP address' },
};

/** Describes an error code of `listen`. */
export function describeListenFailure(code: string): ListenFailure {
  return known[code] ?? { message: `cannot be opened (${code})`, remedy: 'choose another address' };
}
