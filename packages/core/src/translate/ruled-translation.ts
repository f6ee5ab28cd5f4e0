/**
 * A local unit at a site that has rules: of each op they say whether it is told, and how.
 *
 * What is not told is not merged either: to this site's model it has not happened. Only what the server itself took away
 * (expiries, evictions) is always known here, told or not; it is no write. Where a key has its home elsewhere, a write asks
 * home what the key is to hold.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { CounterCell, Expiry, GuardedKind } from '../entry/entry.ts';
import { reservedPrefix } from '../marker/marker.ts';
import type { Stamp } from '../merge/merge-op.ts';
import type { Model } from '../merge/model.ts';
import { type Fate, homeKeysOf, type SiteRules } from '../policy/site-rules.ts';
import { argumentText, type Command } from '../resp/command.ts';
import { type SeenOf, type UnitContext, UnitTranslation } from './unit-translation.ts';

/** Told of every write that is undone. @param home - priority of the key's home. @returns whether home has to be asked now. */
export type UndoOf = (db: number, key: ByteString, home: number, time: number) => boolean;

/** Collects the ops of one unit that the rules let out. */
export class RuledTranslation extends UnitTranslation {
  readonly #rules: SiteRules;
  readonly #known: Model;
  readonly #seen: SeenOf;
  readonly #undo: UndoOf | undefined;
  #names: readonly string[] = [];

  constructor(rules: SiteRules, model: Model, stamp: Stamp, covers: SeenOf, context: UnitContext) {
    super(model, stamp, covers, context);
    this.#rules = rules;
    this.#known = model;
    this.#seen = covers;
    this.#undo = context.undo;
  }

  /** The command that is translated next. */
  next(command: Command): void {
    const { name } = command;
    this.#names = command.spans.length < 4 ? [name] : [name, `${name}|${argumentText(command, 1).toUpperCase()}`];
  }

  override assign(key: ByteString, value: Uint8Array, expiry: Expiry | 'keep'): void {
    if (this.#isTold(key)) super.assign(key, value, expiry);
  }

  override delete(key: ByteString): void {
    const { deletion, db } = this;
    const isServers = deletion !== 'root' && (deletion !== 'end' || this.#isDue(key));
    if (!isServers) {
      if (this.#isTold(key)) super.delete(key);
      return;
    }
    // No command did it.
    const fate = this.#rules.fateOf(db, key);
    if (fate === 'local') return;
    const from = this.ops.length;
    super.delete(key);
    if (fate !== 'told' && fate !== 'result') this.#withhold(from);
  }

  override expire(key: ByteString, at: Expiry): void {
    if (this.#isTold(key)) super.expire(key, at);
  }

  override field(key: ByteString, field: ByteString, value: Uint8Array | null): void {
    if (this.#isTold(key)) super.field(key, field, value);
  }

  override member(key: ByteString, member: ByteString, present: boolean): void {
    if (this.#isTold(key)) super.member(key, member, present);
  }

  override score(key: ByteString, member: ByteString, score: number | null): void {
    if (this.#isTold(key)) super.score(key, member, score);
  }

  override count(cell: CounterCell, key: ByteString, field: ByteString, by: bigint): void {
    const fate = this.#fate(key);
    if (fate === 'told') super.count(cell, key, field, by);
    else if (fate !== 'result') return;
    else if (cell === 'string') super.state(key, false);
    else if (cell === 'hash') super.fields(key, [field]);
    else super.scores(key, [[field, null]]);
  }

  override range(key: ByteString, by: 'score' | 'lex', min: ByteString, max: ByteString): void {
    if (this.#isTold(key)) super.range(key, by, min, max);
  }

  override bit(key: ByteString, offset: number, on: boolean): void {
    if (this.#isTold(key)) super.bit(key, offset, on);
  }

  override sketch(key: ByteString, element: ByteString | null): void {
    if (this.#isTold(key)) super.sketch(key, element);
  }

  override stream(key: ByteString, cell: ByteString, value: readonly Uint8Array[] | null): void {
    if (this.#isTold(key)) super.stream(key, cell, value);
  }

  override trim(key: ByteString, before: ByteString): void {
    if (this.#isTold(key)) super.trim(key, before);
  }

  override guarded(kind: GuardedKind, key: ByteString, args: readonly Uint8Array[], adds: boolean): void {
    if (this.#isTold(key)) super.guarded(kind, key, args, adds);
  }

  override state(key: ByteString, overwrites: boolean, db: number = this.db): void {
    if (this.#isTold(key, db)) super.state(key, overwrites, db);
  }

  override scores(key: ByteString, members: readonly (readonly [member: ByteString, score: number | null])[]): void {
    if (this.#isTold(key)) super.scores(key, members);
  }

  override fields(key: ByteString, fields: readonly ByteString[]): void {
    if (this.#isTold(key)) super.fields(key, fields);
  }

  override moved(key: ByteString, left: boolean): void {
    if (this.#isTold(key)) super.moved(key, left);
  }

  override trimmed(key: ByteString): void {
    if (this.#isTold(key)) super.trimmed(key);
  }

  override flush(db: number): void {
    const one = db < 0 ? undefined : db;
    if (this.#rules.goesOut(one, this.#names)) super.flush(db);
    for (const { site, priority } of this.#rules.homesElsewhere(one))
      this.#putRight(Math.max(db, 0), homeKeysOf(site, db < 0), priority);
  }

  override database(db: number): void {
    if (this.#rules.goesOut(db, this.#names)) super.database(db);
  }

  override library(name: ByteString, code: Uint8Array | null): void {
    if (this.#rules.goesOut(undefined, this.#names)) super.library(name, code);
  }

  override publish(channel: ByteString, message: Uint8Array, sharded: boolean): void {
    if (this.#rules.goesOut(undefined, this.#names)) super.publish(channel, message, sharded);
  }

  #isTold(key: ByteString, db: number = this.db): boolean {
    const fate = this.#fate(key, db);
    return fate === 'told' || fate === 'result';
  }

  #fate(key: ByteString, db: number = this.db): Fate {
    if (key.startsWith(reservedPrefix)) return 'local';
    const fate = this.#rules.fateOf(db, key, this.#names);
    if (fate === 'undone') this.#putRight(db, key, this.#rules.homeOf(db, key)!);
    return fate;
  }

  /** Asks home for what a key is to hold. */
  #putRight(db: number, key: ByteString, home: number): void {
    const { time } = this.stamp;
    if (this.#undo?.(db, key, home, time) !== true) return;
    this.push({ type: 'want', db, index: this.index, key, version: { time, priority: home, index: 0 } });
  }

  #isDue(key: ByteString): boolean {
    return this.#known.dueOf(this.db, key, this.#seen(this.db, key)) !== null;
  }

  /** What was merged since is not told, but for questions. */
  #withhold(from: number): void {
    const questions = this.ops.slice(from).filter((op) => op.type === 'want');
    this.ops.splice(from, this.ops.length, ...questions);
  }
}
