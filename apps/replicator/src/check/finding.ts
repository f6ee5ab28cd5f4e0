/**
 * What `entwine check` found: one fact each, with what to do about it.
 */

/** `error`: it will not work. `warning`: it may cost something. `info`: worth knowing. `ok`: as it should be. */
export type Severity = 'error' | 'warning' | 'info' | 'ok';

/** One finding. */
export interface Finding {
  readonly severity: Severity;
  /** What it is about, e.g. `redis 127.0.0.1:7001`; findings are shown by subject. */
  readonly subject: string;
  /** Stable name of the check, e.g. `backlog`. */
  readonly name: string;
  readonly message: string;
  /** What to do; empty when there is nothing to do. May have several lines. */
  readonly remedy: string;
}

/** A finding in one line of code. */
export function finding(severity: Severity, subject: string, name: string, message: string, remedy = ''): Finding {
  return { severity, subject, name, message, remedy };
}
