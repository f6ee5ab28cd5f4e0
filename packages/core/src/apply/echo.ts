/**
 * Reading an apply back: what the commands of a marked unit have made of one key.
 *
 * The script's writes return through the replication stream, effects only. From them follows what each cell they named
 * holds at that place of the stream, without asking Redis: a value, nothing, or "so much more than before".
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { type CellValue, type KindIndex, kinds } from '../merge/key-state.ts';
import { integerOf, numeral } from '../merge/read-key.ts';
import { argument, argumentText, type Command } from '../resp/command.ts';

/** One cell as the unit left it: `known` when it was written, and what was added since. */
export interface EchoCell {
  readonly kind: KindIndex;
  readonly field: ByteString;
  known: CellValue | null | undefined;
  plus: bigint;
}

/** One key as the unit left it. */
export interface Echo {
  /** The key was deleted or overwritten: what is not in `cells` is gone. */
  wiped: boolean;
  readonly cells: Map<string, EchoCell>;
  /** Absolute ms, -1 for none; undefined when the unit did not say. */
  expiry: number | undefined;
}

/** What `commands`, all of them on one key, have made of it. */
export function readEcho(commands: readonly Command[]): Echo {
  const echo: Echo = { wiped: false, cells: new Map(), expiry: undefined };
  for (const command of commands) readCommand(echo, command);
  return echo;
}

function readCommand(echo: Echo, command: Command): void {
  switch (command.name) {
    case 'SET':
      readSet(echo, command);
      return;
    case 'DEL':
    case 'UNLINK':
      wipe(echo);
      return;
    case 'PEXPIREAT':
      echo.expiry = Number(argumentText(command, 2));
      return;
    case 'PERSIST':
      echo.expiry = -1;
      return;
    case 'INCRBY':
      cellOf(echo, kinds.string, '', (cell) => add(cell, argumentText(command, 2)));
      return;
    case 'HINCRBY':
      cellOf(echo, kinds.hash, argumentText(command, 2), (cell) => add(cell, argumentText(command, 3)));
      return;
    case 'ZINCRBY':
      cellOf(echo, kinds.zset, argumentText(command, 3), (cell) => add(cell, argumentText(command, 2)));
      return;
    default:
      readElement(echo, command);
  }
}

function readElement(echo: Echo, command: Command): void {
  const write = (kind: KindIndex, field: ByteString, value: CellValue | null): void =>
    cellOf(echo, kind, field, (cell) => {
      cell.known = value;
      cell.plus = 0n;
    });
  switch (command.name) {
    case 'HSET':
      write(kinds.hash, argumentText(command, 2), argument(command, 3));
      return;
    case 'HDEL':
      write(kinds.hash, argumentText(command, 2), null);
      return;
    case 'SADD':
      write(kinds.set, argumentText(command, 2), true);
      return;
    case 'SREM':
      write(kinds.set, argumentText(command, 2), null);
      return;
    case 'ZADD':
      write(kinds.zset, argumentText(command, 3), Number(argumentText(command, 2).replace('inf', 'Infinity')));
      return;
    case 'ZREM':
      write(kinds.zset, argumentText(command, 2), null);
      return;
  }
}

function readSet(echo: Echo, command: Command): void {
  const option = command.spans.length > 6 ? argumentText(command, 3).toUpperCase() : '';
  const kept = echo.expiry;
  wipe(echo);
  echo.expiry = option === 'KEEPTTL' ? kept : option === 'PXAT' ? Number(argumentText(command, 4)) : -1;
  cellOf(echo, kinds.string, '', (cell) => {
    cell.known = argument(command, 2);
  });
}

function wipe(echo: Echo): void {
  echo.wiped = true;
  echo.cells.clear();
  echo.expiry = -1;
}

function cellOf(echo: Echo, kind: KindIndex, field: ByteString, change: (cell: EchoCell) => void): void {
  const id = `${kind}${field}`;
  let cell = echo.cells.get(id);
  if (cell === undefined) {
    cell = { kind, field, known: echo.wiped ? null : undefined, plus: 0n };
    echo.cells.set(id, cell);
  }
  change(cell);
}

/** Adds to what is known, or notes how much was added to what is not. */
function add(cell: EchoCell, by: string): void {
  const base = cell.known === undefined ? undefined : integerOf(cell.known);
  if (base === undefined) cell.plus += BigInt(by);
  else cell.known = numeral(cell.kind, base + BigInt(by));
}
