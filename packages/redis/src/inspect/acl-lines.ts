/**
 * The rights that Entwine needs of a server, as the commands that grant them.
 *
 * Rules: two lines, because capturing and applying may use different users and different nodes; both only add, so the
 * two may also be given to one user, in any order. `>PASSWORD` stands where the operator puts a password. AUTH needs no
 * right. The integration tests run everything in this package under exactly these lines.
 */

/** What the user is to do beyond the usual. */
export interface AclOptions {
  /** Add what notify-keyspace-events lacks. @defaultValue true */
  readonly setNotify?: boolean;
  /** Publish other sites' messages, on any channel. @defaultValue false */
  readonly publish?: boolean;
}

/** `ACL SETUSER` lines. */
export interface AclLines {
  /** For PSYNC, discovery, checks and keyspace events; holds no right to read or write a key by command. */
  readonly capture: string;
  /** For the apply script, on every node that may become the master. */
  readonly apply: string;
}

const capture = ({ setNotify = true, publish = false }: AclOptions): readonly string[] => [
  '+ping +info +replconf +psync +command',
  `+config|get ${setNotify ? '+config|set ' : ''}+psubscribe`,
  publish ? 'allchannels' : 'resetchannels &__keyevent@*__:expired &__keyevent@*__:evicted',
];

// A script may call only what its user may; MIGRATE would send data away and KEYS blocks, and neither is ever called.
const apply = ({ publish = false }: AclOptions): readonly string[] => [
  '+ping +info +evalsha +script|load +select +multi +exec +time',
  '~* +@read +@write -migrate -keys',
  ...(publish ? ['+publish +spublish allchannels'] : []),
];

/** The lines for a user name; call it twice, with two names, for separate users. */
export function aclLines(user: string, options: AclOptions = {}): AclLines {
  const line = (rights: readonly string[]): string => ['ACL SETUSER', user, 'on >PASSWORD', ...rights].join(' ');
  return { capture: line(capture(options)), apply: line(apply(options)) };
}
