/**
 * The rights that Entwine needs of a server, as the commands that grant them.
 *
 * Rules: two lines, because capturing and applying may use different users and different nodes; both only add, so the
 * two may also be given to one user, in any order. `>PASSWORD` stands where the operator puts a password. AUTH needs no
 * right. The integration tests run everything in this package under exactly these lines.
 */

/** `ACL SETUSER` lines. */
export interface AclLines {
  /** For PSYNC, discovery, checks and keyspace events; holds no right to read or write a key by command. */
  readonly capture: string;
  /** For the apply script, on every node that may become the master. */
  readonly apply: string;
}

const capture = [
  '+ping +info +replconf +psync',
  '+config|get +subscribe +psubscribe resetchannels &__keyevent@*__:expired &__keyevent@*__:evicted',
];

// A script may call only what its user may; MIGRATE would send data away and KEYS blocks, and neither is ever called.
const apply = ['+ping +info +evalsha +script|load +select +multi +exec +time', '~* +@read +@write -migrate -keys'];

/** The lines for a user name; call it twice, with two names, for separate users. */
export function aclLines(user: string): AclLines {
  const line = (rights: readonly string[]): string => ['ACL SETUSER', user, 'on >PASSWORD', ...rights].join(' ');
  return { capture: line(capture), apply: line(apply) };
}
