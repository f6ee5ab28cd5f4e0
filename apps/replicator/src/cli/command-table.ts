/**
 * The commands of `entwine` and their options: one table, read by the parser and by the help texts.
 *
 * Rules: it holds no behaviour; `run-cli.ts` connects a command to its function.
 */

/** The name of a command. */
export type CommandName = 'run' | 'check' | 'status' | 'conflicts' | 'out' | 'version';

/** One option, always long; `value` names its argument, or is absent for a flag. */
export interface OptionSpec {
  readonly name: string;
  readonly value?: string;
  readonly meaning: string;
}

/** One command as the help tells it. */
export interface CommandSpec {
  readonly summary: string;
  readonly usage: string;
  /** A paragraph or two below the usage line. */
  readonly detail: string;
  /** What stands behind the command, by its name in the usage; absent: nothing. */
  readonly argument?: string;
  readonly options: readonly OptionSpec[];
}

const config: OptionSpec = { name: 'config', value: 'FILE', meaning: 'the configuration file (YAML)' };
const json: OptionSpec = { name: 'json', meaning: 'print JSON instead of text' };
const url: OptionSpec = {
  name: 'url',
  value: 'URL',
  meaning: 'base URL of the replicator, e.g. http://127.0.0.1:7201',
};

/** Understood by every command, and without one. */
export const helpOption: OptionSpec = { name: 'help', meaning: 'print this text' };

/** All commands in the order of the help. */
export const commandTable: Readonly<Record<CommandName, CommandSpec>> = {
  run: {
    summary: 'run the replicator of one site',
    usage: 'entwine run --config FILE',
    detail: `Captures the writes of the local Redis, ships them to the peers and applies theirs, until SIGTERM or SIGINT.
Logs are JSON lines on standard output. Health, status and metrics are served over HTTP on http.listen:
  /livez     200 while the process works
  /readyz    200 while the shard is running, else 503 with the reason
  /status    everything as JSON (what "entwine status" reads)
  /metrics   Prometheus metrics
A Redis that cannot be reached, refuses the password, or is not a Redis is retried: the process stays up, not ready.`,
    options: [config],
  },
  check: {
    summary: 'check a configuration and everything it connects to',
    usage: 'entwine check --config FILE [--json]',
    detail: `Validates the file, connects to Redis and to the peers, looks at the log folder, and reports each finding with its
remedy. Changes nothing. Exits 8 when there is an error among the findings.`,
    options: [config, json],
  },
  status: {
    summary: 'show what a running replicator tells about itself',
    usage: 'entwine status [--json] [--config FILE | --url URL]',
    detail: `Asks the replicator at http.listen of the file, at the URL, or at http://127.0.0.1:7380. Of the file only the http
section is read, so its secrets need not be set. Exits 0 when the shard is running; else see the table.`,
    options: [json, config, url],
  },
  conflicts: {
    summary: 'show the conflicts that writes of this site took part in',
    usage: 'entwine conflicts [--key PATTERN] [--since TIME] [--limit N] [--json] [--config FILE | --url URL]',
    detail: `Asks a running replicator, as "entwine status" does, and prints one line a conflict, newest last: when it was resolved,
kind, database, key and cell, the sites that won and lost, how it ended for this site, and what was discarded (see audit in
the configuration). With --json one object a line; bytes that are not UTF-8 are base64 there.`,
    options: [
      { name: 'key', value: 'PATTERN', meaning: 'keys as KEYS takes them, e.g. user:*; \\xHH is a byte' },
      { name: 'since', value: 'TIME', meaning: 'an ISO time, or how long ago: 90s, 10m, 2h, 3d' },
      { name: 'limit', value: 'N', meaning: 'the newest so many, 1000 unless told, at most 10000' },
      json,
      config,
      url,
    ],
  },
  out: {
    summary: 'declare a site out that does not come back',
    usage: 'entwine out SITE [--config FILE | --url URL]',
    detail: `Asks a running replicator of any remaining site, as "entwine status" does, on its own machine. The site's replicator must be
stopped. It is not taken back. The others follow by themselves; in force it is once all remaining sites have received the same of
that site ("entwine status" tells who lacks what). From then on they do not wait for it and take nothing of it: it must
resynchronise.`,
    argument: 'SITE',
    options: [config, url],
  },
  version: {
    summary: 'print the version',
    usage: 'entwine version',
    detail: 'Prints the version of entwine and of the Node that runs it. The same as entwine --version.',
    options: [],
  },
};

/** All command names. */
export const commandNames: readonly CommandName[] = Object.keys(commandTable) as CommandName[];
