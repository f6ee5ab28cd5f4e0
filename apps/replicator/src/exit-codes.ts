/**
 * The exit codes of the program `entwine`: one table, read by the code, the help texts and the README's test.
 *
 * Rules: a code never changes its meaning; scripts and service managers rely on it. It does not decide when a code is
 * used; the commands do.
 */

/** Every exit code by name. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  config: 3,
  unreachable: 4,
  log: 5,
  resyncRequired: 6,
  superseded: 7,
  checkFailed: 8,
  failed: 9,
  listen: 10,
  stopTimeout: 11,
  notReady: 12,
} as const;

/** The name of an exit code. */
export type ExitName = keyof typeof exitCodes;

/** The meaning of every exit code, in one line each. */
export const exitMeanings: Readonly<Record<ExitName, string>> = {
  ok: 'done; `run`: stopped cleanly by a signal; `status`: running; `check`: no errors found',
  unexpected: 'an error nobody expected (a bug, or the machine); the message is on the log',
  usage: 'unknown command or option, or a missing argument',
  config: 'the configuration file is missing or not valid',
  unreachable: '`status`, `conflicts`, `out`: no replicator answers at the address, or something else does',
  log: 'the log folder cannot be used: in use by another process, not writable, or corrupt',
  resyncRequired: '`status`: the shard waits for a resynchronisation (`run` stays up, not ready)',
  superseded: 'another replicator of this site has taken over; this one stopped',
  checkFailed: '`check` found at least one error',
  failed: 'the log can no longer be trusted or written; nothing goes on',
  listen: 'a listening address (http.listen, link.listen) is in use or not ours',
  stopTimeout: 'stopping took longer than the deadline (5 s) or was cut short by a second signal; nothing is lost',
  notReady: '`status`, `conflicts`, `out`: the replicator answers but is starting or stopping',
};

/** The table as aligned text, one code a line. */
export function exitCodeTable(): string {
  return (Object.keys(exitCodes) as ExitName[])
    .map((name) => `  ${String(exitCodes[name]).padStart(2)}  ${exitMeanings[name]}`)
    .join('\n');
}
