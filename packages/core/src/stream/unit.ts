/**
 * Units and what else the stream of commands turns into.
 *
 * Rules: a unit is what Redis executed atomically: a MULTI … EXEC, or one command. Every event ends at a place where
 * reading may be resumed by (offset, db); there is no event inside a transaction. Commands that carry no data (SELECT,
 * MULTI, EXEC, PING, REPLCONF) are in no unit. What a command writes, and which units are markers, is not known here.
 */
import type { Command } from '../resp/command.ts';

/** A command with the database it ran in. */
export interface UnitCommand {
  readonly command: Command;
  /** 0 when the stream has not selected any yet. */
  readonly db: number;
}

/** Commands executed as one. There is at least one. */
export interface Unit {
  readonly commands: readonly UnitCommand[];
  /** Stream offset of the first byte, MULTI included. */
  readonly start: number;
  /** Stream offset after the last byte, EXEC included. */
  readonly end: number;
  /** The database selected after it; -1 when the stream has not selected any yet. */
  readonly db: number;
  /** Whether it stood in MULTI … EXEC. */
  readonly transaction: boolean;
}

/** Bytes without data: the position may move to `end`. */
export interface Quiet {
  readonly type: 'quiet';
  readonly end: number;
  /** The database selected at `end`; -1 when the stream has not selected any yet. */
  readonly db: number;
  /** Whether the server asked for an acknowledgement. */
  readonly getack: boolean;
}

/**
 * - `nested-multi`: MULTI within MULTI.
 * - `exec-without-multi`: EXEC outside a transaction: the stream was entered in the middle of one.
 * - `bad-select`: SELECT without a database number.
 * - `too-many-commands`, `too-large`: beyond `maxUnitCommands`, `maxUnitBytes`.
 */
export type UnitFailureCode = 'nested-multi' | 'exec-without-multi' | 'bad-select' | 'too-many-commands' | 'too-large';

/** The commands make no sense as units. It sticks: nothing says where the next unit begins. */
export interface UnitFailure {
  readonly type: 'failure';
  readonly code: UnitFailureCode;
  /** Stream offset of the first byte of the offending command. */
  readonly offset: number;
  /** For people. */
  readonly message: string;
}

/** What one command completed. */
export type StreamEvent = { readonly type: 'unit'; readonly unit: Unit } | Quiet | UnitFailure;
