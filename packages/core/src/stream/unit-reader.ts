/**
 * The unit reader: commands of a replication stream become units and places to resume at.
 *
 * Rules
 *  1. A place to resume at is the end of a command outside MULTI, or of EXEC. There, and only there, an event comes out.
 *  2. The database is part of the position: `+CONTINUE` does not repeat SELECT, which may stand before MULTI (Redis 7.0)
 *     or inside it (8.0 and later) and outlives the EXEC.
 *  3. A server selects before its first data command after a full sync. Should data come while the database is -1
 *     ("none selected yet"), it belongs to database 0, where every Redis connection begins; the position keeps -1.
 *  4. PING and REPLCONF inside MULTI, which no server sends, are passed over, a GETACK unanswered. A transaction without
 *     data is quiet.
 *
 * It does not decode bytes, look into data commands, or decide whether a position may be stored.
 */
import { argumentCount, argumentText, type Command } from '../resp/command.ts';
import type { StreamEvent, UnitCommand, UnitFailure, UnitFailureCode } from './unit.ts';
import { defaultUnitLimits, type UnitLimits } from './unit-limits.ts';

const databaseNumber: RegExp = /^(?:0|[1-9]\d{0,8})$/;

/** Commands in, events out. Mutable; one for each connection. */
export class UnitReader {
  readonly #limits: UnitLimits;
  #failure: UnitFailure | undefined = undefined;
  /** End of the last command taken. */
  #taken: number;
  /** The database selected now. */
  #db: number;
  /** Where the open MULTI began; -1 outside. */
  #multi: number = -1;
  #commands: UnitCommand[] = [];
  #position: { readonly offset: number; readonly db: number };

  /** @param position - where the stream is entered: a place to resume at, with the database selected there or -1. */
  constructor(position: { readonly offset: number; readonly db: number }, limits: Partial<UnitLimits> = {}) {
    this.#limits = { ...defaultUnitLimits, ...limits };
    this.#position = { offset: position.offset, db: position.db };
    this.#taken = position.offset;
    this.#db = position.db;
  }

  /** The latest place to resume at. */
  get position(): { readonly offset: number; readonly db: number } {
    return this.#position;
  }

  /**
   * Takes the next command.
   * @returns what it completed; `undefined` inside MULTI. A failure is returned again for every later command.
   * @throws RangeError when the command lies before the end of the last one: the caller mixes up streams.
   */
  push(command: Command): StreamEvent | undefined {
    if (this.#failure !== undefined) return this.#failure;
    if (command.start < this.#taken)
      throw new RangeError(`A command at offset ${command.start} was pushed after offset ${this.#taken} was taken.`);
    const start = this.#multi < 0 ? command.start : this.#multi;
    if (command.end - start > this.#limits.maxUnitBytes)
      return this.#fail('too-large', command, `a unit above ${this.#limits.maxUnitBytes} bytes`);
    this.#taken = command.end;
    switch (command.name) {
      case 'PING':
        return this.#quiet(command, false);
      case 'REPLCONF':
        return this.#quiet(command, isGetAck(command));
      case 'SELECT':
        return this.#select(command);
      case 'MULTI':
        return this.#begin(command);
      case 'EXEC':
        return this.#exec(command);
      default:
        return this.#data(command);
    }
  }

  #data(command: Command): StreamEvent | undefined {
    const { maxUnitCommands } = this.#limits;
    if (this.#commands.length >= maxUnitCommands)
      return this.#fail('too-many-commands', command, `a unit above ${maxUnitCommands} commands`);
    const taken: UnitCommand = { command, db: Math.max(this.#db, 0) };
    if (this.#multi < 0) return this.#unit([taken], command.start, command.end, false);
    this.#commands.push(taken);
    return undefined;
  }

  #begin(command: Command): StreamEvent | undefined {
    if (this.#multi >= 0) return this.#fail('nested-multi', command, 'MULTI inside MULTI');
    this.#multi = command.start;
    return undefined;
  }

  #exec(command: Command): StreamEvent | undefined {
    const start = this.#multi;
    if (start < 0) return this.#fail('exec-without-multi', command, 'EXEC without MULTI');
    const commands = this.#commands;
    this.#multi = -1;
    if (commands.length === 0) return this.#quiet(command, false);
    this.#commands = [];
    return this.#unit(commands, start, command.end, true);
  }

  #select(command: Command): StreamEvent | undefined {
    const text = argumentCount(command) === 2 ? argumentText(command, 1) : '';
    if (!databaseNumber.test(text)) return this.#fail('bad-select', command, 'SELECT without a database number');
    this.#db = Number(text);
    return this.#quiet(command, false);
  }

  #unit(commands: readonly UnitCommand[], start: number, end: number, transaction: boolean): StreamEvent {
    const db = this.#db;
    this.#position = { offset: end, db };
    return { type: 'unit', unit: { commands, start, end, db, transaction } };
  }

  #quiet(command: Command, getack: boolean): StreamEvent | undefined {
    if (this.#multi >= 0) return undefined;
    const { end } = command;
    const db = this.#db;
    this.#position = { offset: end, db };
    return { type: 'quiet', end, db, getack };
  }

  #fail(code: UnitFailureCode, command: Command, message: string): UnitFailure {
    this.#failure = { type: 'failure', code, offset: command.start, message };
    this.#commands = [];
    return this.#failure;
  }
}

function isGetAck(command: Command): boolean {
  return argumentCount(command) > 1 && argumentText(command, 1).toUpperCase() === 'GETACK';
}
