/**
 * What a generator row is: how one command's arguments are drawn. Rows are data; they keep no state.
 *
 * Words are latin1 text, a character a byte, so that keys and values may hold any bytes.
 */
import type { Draw } from './draw.ts';

/** A command with its arguments. */
export type Words = readonly string[];

/** What can be chosen by `--only`. */
export const contentGroups = ['strings', 'hashes', 'sets', 'zsets', 'lists', 'streams', 'bits', 'hll', 'geo'] as const;
/** These act on keys of whatever content is chosen too; alone, on strings. */
export const otherGroups = ['keys', 'expiry', 'flush', 'scripts', 'functions'] as const;

export type ContentGroup = (typeof contentGroups)[number];
export type Group = ContentGroup | (typeof otherGroups)[number];

export const allGroups: readonly Group[] = [...contentGroups, ...otherGroups];

export interface Row {
  /** How often it is drawn, beside the others. @defaultValue 10 */
  readonly weight?: number;
  /** Its effect or reply depends on chance or on the hour: left out of determinate streams. */
  readonly loose?: boolean;
  /** What it is called by, where its name in the table does not tell. */
  readonly words?: Words;
  /** Accepted on an empty server by those that know it: for options, which COMMAND does not list. */
  readonly probe?: Words;
  /** Redis refuses it inside scripts. */
  readonly noScript?: boolean;
  /** The arguments. */
  readonly make: (draw: Draw) => Words;
  /** The arguments when it may wait for data, on a connection of its own. */
  readonly waits?: (draw: Draw) => Words;
}

/** Rows by command; a subcommand stands behind a bar, as in `xgroup|create`, newer options in brackets: `set (ifeq)`. */
export type Rows = Readonly<Record<string, Row>>;
