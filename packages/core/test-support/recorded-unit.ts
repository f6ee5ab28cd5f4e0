/** A unit that notes what command rows tell it, one line a call, and asks no model. */

import { findRow } from '../src/commands/command-table.ts';
import { translateCommand } from '../src/commands/translate-command.ts';
import { everyLibrary } from '../src/merge/library-registers.ts';
import type { Command } from '../src/resp/command.ts';
import type { CommandLookup } from '../src/translate/translate-unit.ts';
import { everyDatabase, type UnitContext, type UnitTranslation } from '../src/translate/unit-translation.ts';
import { commandsOf } from './commands.ts';

type Scores = readonly (readonly [string, number | null])[];

const text = (bytes: Uint8Array | null): string => (bytes === null ? 'gone' : `= ${String.fromCharCode(...bytes)}`);
const number = (score: number | null): string => (score === null ? '?' : Object.is(score, -0) ? '-0' : String(score));

type LibrariesOf = NonNullable<UnitContext['librariesOf']>;

/** A payload is what follows `dump:`, library by library between bars. */
const plainLibraries: LibrariesOf = (payload) => {
  const words = String.fromCharCode(...payload);
  if (!words.startsWith('dump:')) return undefined;
  const codes = words.slice(5).split('|');
  return codes.map((code) => Uint8Array.from(code, (letter) => letter.charCodeAt(0)));
};

class RecordedUnit implements Omit<UnitTranslation, 'ops' | 'asks'> {
  readonly lines: string[] = [];
  readonly #librariesOf: LibrariesOf;
  db = 0;
  deletion = 'root' as const;
  constructor(librariesOf: LibrariesOf) {
    this.#librariesOf = librariesOf;
  }
  assign(key: string, value: Uint8Array, expiry: number | null | 'keep'): void {
    this.#note('assign', key, text(value), expiry === null ? undefined : `until ${expiry}`);
  }
  delete(key: string): void {
    this.#note('delete', key);
  }
  expire(key: string, at: number | null): void {
    this.#note('expire', key, `at ${at}`);
  }
  field(key: string, field: string, value: Uint8Array | null): void {
    this.#note('field', key, field, text(value));
  }
  member(key: string, member: string, present: boolean): void {
    this.#note('member', key, member, present ? 'in' : 'out');
  }
  score(key: string, member: string, score: number | null): void {
    this.#note('score', key, member, score === null ? 'gone' : `= ${number(score)}`);
  }
  count(cell: string, key: string, field: string, by: bigint): void {
    this.#note('count', key, `${cell}(${field})`, `by ${by}`);
  }
  range(key: string, by: string, min: string, max: string): void {
    this.#note('range', key, by, min, max);
  }
  bit(key: string, offset: number, on: boolean): void {
    this.#note('bit', key, String(offset), on ? 'on' : 'off');
  }
  estimate(key: string): void {
    this.#note('estimate', key);
  }
  sketch(key: string, element: string | null): void {
    this.#note('sketch', key, element === null ? 'made' : `+ ${element}`);
  }
  stream(key: string, cell: string, value: readonly Uint8Array[] | null): void {
    this.#note('stream', key, cell, value === null ? 'gone' : value.map(text).join(' '));
  }
  trim(key: string, before: string): void {
    this.#note('trim', key, before);
  }
  guarded(kind: string, key: string, args: readonly Uint8Array[], adds: boolean): void {
    const words = args.map((arg) => String.fromCharCode(...arg)).join(' ');
    this.#note('guarded', kind, key, adds ? 'adds' : 'takes', `{${words}}`);
  }
  state(key: string, overwrites: boolean, db: number = this.db): void {
    this.#note(overwrites ? 'state!' : 'state', key, db === this.db ? undefined : `in db ${db}`);
  }
  scores(key: string, members: Scores): void {
    this.#note('scores', key, ...members.map(([member, score]) => `${member}:${number(score)}`));
  }
  fields(key: string, fields: readonly string[]): void {
    this.#note('fields', key, ...fields);
  }
  moved(key: string, left: boolean): void {
    this.#note('moved', key, left ? 'left' : 'right');
  }
  trimmed(key: string): void {
    this.#note('trimmed', key);
  }
  flush(db: number): void {
    this.#note('flush', db === everyDatabase ? 'all' : String(db));
  }
  flushAll(): void {
    this.flush(everyDatabase);
  }
  database(db: number): void {
    this.#note('database', String(db));
  }
  library(name: string, code: Uint8Array | null): void {
    this.#note('library', name === everyLibrary ? '(all)' : name, text(code));
  }
  unloadAll(): void {
    this.library(everyLibrary, null);
  }
  isOwnLibrary(): boolean {
    return false;
  }
  librariesOf(payload: Uint8Array): readonly Uint8Array[] | undefined {
    return this.#librariesOf(payload);
  }
  publish(channel: string, message: Uint8Array, sharded: boolean): void {
    this.#note(sharded ? 'spublish' : 'publish', channel, text(message));
  }
  #note(...words: readonly (string | undefined)[]): void {
    this.lines.push(words.filter((word) => word !== undefined).join(' '));
  }
}

/** What a command of database 0 becomes, a line a call; `?NAME` at the end where it is not (wholly) translated. */
export function recordCommand(command: Command, lookup?: CommandLookup, librariesOf = plainLibraries): string[] {
  const unit = new RecordedUnit(librariesOf);
  const row = findRow(command) ?? lookup?.(command);
  const told = row !== undefined && translateCommand(row, command, unit as unknown as UnitTranslation);
  return told ? unit.lines : [...unit.lines, `?${command.name}`];
}

/** The same for a line of words; `''` is an empty argument. */
export function recordLine(line: string, lookup?: CommandLookup): string[] {
  const words = line.split(' ').map((word) => (word === "''" ? '' : word));
  return recordCommand(commandsOf(words)[0]!, lookup);
}
