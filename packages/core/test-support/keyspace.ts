/**
 * A keyspace in memory: what a Redis would hold. It runs the apply script's operations by the table at the
 * head of `apply-script.ts`, and users' commands, of which it says how they would be propagated.
 *
 * Independent of the core on purpose: byte strings in, nothing of it imported. An expiry is data; what has
 * expired is told when asked for.
 */

import { describeKey, type Held, type HeldKind, type Key, scoreOf, strictInteger } from './held.ts';
import { KeptKeys } from './kept-keys.ts';
import { wholeCommands } from './keyspace-commands.ts';

export { describeKey, type Held, type HeldKind } from './held.ts';

const grace = 61_987;

export class Keyspace {
  readonly #dbs = new Map<number, Map<string, Key>>();
  #db = 0;
  readonly #kept = new KeptKeys();

  /** Every key, by `db key`, in a form to compare. */
  readout(): Record<string, string> {
    const lines: [string, string][] = [];
    for (const [db, keys] of this.#dbs) {
      for (const [name, key] of keys) lines.push([`${db} ${name}`, describeKey(key.kind, key.cells, key.expiry)]);
    }
    return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  has(db: number, key: string): boolean {
    return this.#dbs.get(db)?.has(key) ?? false;
  }

  /** Keys that a test of the script tells of, by database and name. */
  readonly stayed: [db: number, key: string][] = [];

  /** The time by which keys expire; 0 for a keyspace without clock. */
  now = 0;

  /** When keys expire. */
  expiries(): readonly number[] {
    return [...this.#dbs.values()].flatMap((keys) => [...keys.values()].map((key) => key.expiry));
  }

  /** Keys whose time has come, by database and name. */
  expired(): readonly (readonly [db: number, key: string])[] {
    return [...this.#dbs].flatMap(([db, keys]) =>
      [...keys].filter(([, { expiry }]) => expiry !== -1 && expiry <= this.now).map(([name]) => [db, name] as const),
    );
  }

  /** All that a key holds. */
  find(db: number, key: string): Key | undefined {
    return this.#dbs.get(db)?.get(key);
  }

  /** What a key's cell holds. */
  held(db: number, key: string, kind: HeldKind, field: string): Held | undefined {
    const found = this.#dbs.get(db)?.get(key);
    return found?.kind === kind ? found.cells.get(field) : undefined;
  }

  /** Runs script operations. @returns how many were refused by the data they met. */
  apply(list: readonly (string | Uint8Array)[]): number {
    const args = list.map((arg) => (typeof arg === 'string' ? arg : String.fromCharCode(...arg)));
    this.#db = 0;
    let refused = 0;
    for (let at = 0; at < args.length; ) {
      const [size, ok] = this.#operation(args, at);
      if (!ok) refused++;
      at += size;
    }
    return refused;
  }

  /** Runs a user's command. @returns how it is propagated; undefined when it was refused or changed nothing. */
  run(db: number, command: readonly string[]): readonly string[] | undefined {
    this.#db = db;
    return this.#command(command) ? command : undefined;
  }

  #keys(db = this.#db): Map<string, Key> {
    let keys = this.#dbs.get(db);
    if (keys === undefined) {
      keys = new Map();
      this.#dbs.set(db, keys);
    }
    return keys;
  }

  // -------------------------------------------------------------- the script

  /** Length of the operation at `at`, and whether it was carried out. */
  #operation(args: readonly string[], at: number): [number, boolean] {
    const [letter, a = '', b = '', c = ''] = args.slice(at, at + 4);
    switch (letter) {
      case 'S':
        return [3, this.#set(a, b, -1)];
      case 'T':
        return [4, this.#set(a, b, this.#future(Number(c)))];
      case 'K':
        return [3, this.#set(a, b, this.#keys().get(a)?.expiry ?? -1)];
      case 'X':
        this.#keys().delete(a);
        return [2, true];
      case 'C':
        if (this.#keys().get(a)?.kind !== b) this.#keys().delete(a);
        return [3, true];
      case 'H':
        return [4, this.#forced(a, () => this.#write(a, 'hash', b, c))];
      case 'A':
        return [3, this.#forced(a, () => this.#write(a, 'set', b, true))];
      case 'Z':
        return [4, this.#forced(a, () => this.#write(a, 'zset', c, scoreOf(b)))];
      case 'I':
        return [3, this.#forced(a, () => this.#addOrEnd(a, 'string', '', b))];
      case 'J':
        return [4, this.#forced(a, () => this.#addOrEnd(a, 'hash', b, c))];
      case 'Y':
        return [4, this.#forced(a, () => this.#add(a, 'zset', c, b))];
      case 'h':
        this.#remove(a, 'hash', b);
        return [3, true];
      case 'a':
        this.#remove(a, 'set', b);
        return [3, true];
      case 'z':
        this.#remove(a, 'zset', b);
        return [3, true];
      case 'E':
        this.#expire(a, this.#future(Number(b)));
        return [3, true];
      case 'P':
        this.#expire(a, -1);
        return [2, true];
      case 'D':
        this.#db = Number(a);
        return [2, true];
      case 'G': {
        const command = args.slice(at + 2, at + 2 + Number(a));
        return [2 + command.length, this.#forced(command[1]!, () => this.#whole(command))];
      }
      case 'b':
        return [4, this.#forced(a, () => this.#whole(['SETBIT', a, b, c]))];
      case 'p':
        return [3, this.#forced(a, () => this.#whole(['PFADD', a, b]))];
      case 'q':
        return [2, this.#forced(a, () => this.#whole(['PFADD', a]))];
      case 'r':
        this.#whole([b === 'lex' ? 'ZREMRANGEBYLEX' : 'ZREMRANGEBYSCORE', a, c, args[at + 4]!]);
        return [5, true];
      case 'F':
      case 'W':
        this.#flush(letter === 'W');
        return [1, true];
      case 'B': {
        const members = args.slice(at + 3, at + 3 + Number(b));
        this.#kept.keep(this.#db, a, this.#keys().get(a), members);
        return [3 + members.length, true];
      }
      case 'U':
        this.#kept.putBack((db) => this.#keys(db));
        return [1, true];
      case 'R':
        return [6, this.#correct(a, b, c, args[at + 4]!, args[at + 5]!)];
      case 'Q':
        return [6 + (this.#holds(a, b, c, args[at + 4]!) ? 0 : Number(args[at + 5])), true];
      default:
        throw new Error(`unknown operation ${letter}`);
    }
  }

  /** A write that deletes a key of another type first. */
  #forced(key: string, write: () => 'done' | 'refused' | 'type' | 'same'): boolean {
    let result = write();
    if (result === 'type') {
      this.#keys().delete(key);
      result = write();
    }
    return result === 'done' || result === 'same';
  }

  /** A time that has passed moves on by whole steps of grace. */
  #future(at: number): number {
    return at > this.now ? at : at + Math.ceil((this.now + 1 - at) / grace) * grace;
  }

  #flush(all: boolean): boolean {
    if (all) this.#dbs.clear();
    else this.#dbs.delete(this.#db);
    return true;
  }

  #correct(test: string, key: string, field: string, by: string, alone: string): boolean {
    const kind = test === 's' ? 'string' : test === 'h' ? 'hash' : 'zset';
    if (alone !== '' && this.#holds(test, key, field, alone)) {
      this.#remove(key, kind, field);
      return true;
    }
    if (alone !== '' && this.#holds(kind === 'string' ? 'n' : kind === 'hash' ? 'i' : 'y', key, field, '')) return true;
    return this.#addOrEnd(key, kind, field, by) === 'done';
  }

  #holds(test: string, key: string, field: string, expected: string): boolean {
    const found = this.#keys().get(key);
    if (test === 'n') return found === undefined;
    if (test === 'e') return String(found === undefined ? -2 : found.expiry) === expected;
    if (test === 'x') {
      const moved = (found?.expiry ?? -2) - Number(expected);
      return moved >= 0 && moved % grace === 0;
    }
    if (test === 'w') {
      if (found === undefined) return false;
      if (found.expiry >= 0 && found.expiry <= Number(expected)) return true;
      this.stayed.push([this.#db, key]);
      return false;
    }
    const kind = test === 's' ? 'string' : 'hi'.includes(test) ? 'hash' : 'mo'.includes(test) ? 'set' : 'zset';
    if (found !== undefined && found.kind !== kind) return false;
    const held = found?.cells.get(kind === 'string' ? '' : field);
    if ('ioy'.includes(test)) return held === undefined;
    if (test === 'm') return held !== undefined;
    return test === 'z' ? held !== undefined && held === scoreOf(expected) : held === expected;
  }

  // -------------------------------------------------------------- users

  /** Whether it had an effect. */
  #command(command: readonly string[]): boolean {
    const [name, key = '', a = '', b = '', c = ''] = command;
    const found = this.#keys().get(key);
    switch (name) {
      case 'SET': {
        const expiry = b === 'PXAT' ? Number(c) : b === 'KEEPTTL' ? (found?.expiry ?? -1) : -1;
        return this.#set(key, a, expiry);
      }
      case 'DEL':
        return this.#keys().delete(key);
      case 'INCRBY':
        return this.#add(key, 'string', '', a) === 'done';
      case 'DECRBY':
        return this.#add(key, 'string', '', (-BigInt(a)).toString()) === 'done';
      case 'HSET':
        return this.#write(key, 'hash', a, b) === 'done';
      case 'HDEL':
        return this.#remove(key, 'hash', a);
      case 'HINCRBY':
        return this.#add(key, 'hash', a, b) === 'done';
      case 'SADD':
        return found?.cells.has(a) !== true && this.#write(key, 'set', a, true) === 'done';
      case 'SREM':
        return this.#remove(key, 'set', a);
      case 'ZADD':
        return found?.cells.get(b) !== scoreOf(a) && this.#write(key, 'zset', b, scoreOf(a)) === 'done';
      case 'ZREM':
        return this.#remove(key, 'zset', a);
      case 'ZINCRBY':
        return this.#add(key, 'zset', b, a) === 'done';
      case 'PEXPIREAT':
        return Number(a) > this.now && this.#expire(key, Number(a));
      case 'PERSIST':
        return found !== undefined && found.expiry !== -1 && this.#expire(key, -1);
      case 'FLUSHDB':
      case 'FLUSHALL':
        return this.#flush(name === 'FLUSHALL');
      case 'RENAME':
        return key !== a && this.#copy(key, a) && this.#keys().delete(key);
      case 'COPY':
        return key !== a && this.#copy(key, a);
      default:
        if (name === 'LMOVE' && key !== a) return this.#move(key, a, b, c);
        return this.#whole(command) === 'done';
    }
  }

  // -------------------------------------------------------------- both

  #set(key: string, value: string, expiry: number): true {
    this.#keys().set(key, { kind: 'string', cells: new Map([['', value]]), expiry });
    return true;
  }

  #write(key: string, kind: HeldKind, field: string, value: Held): 'done' | 'type' {
    const found = this.#keys().get(key);
    if (found === undefined) this.#keys().set(key, { kind, cells: new Map([[field, value]]), expiry: -1 });
    else if (found.kind === kind) found.cells.set(field, value);
    else return 'type';
    return 'done';
  }

  #whole([name, key, ...rest]: readonly string[]): 'done' | 'same' | 'type' {
    const command = wholeCommands[name!];
    if (command === undefined) throw new Error(`unknown command ${name}`);
    const found = this.#keys().get(key!);
    if (found !== undefined && found.kind !== command.kind) return 'type';
    const cells = found?.cells ?? new Map<string, Held>();
    const changed = command.run(cells, [key!, ...rest]);
    if (changed === 'type') return 'type';
    if (cells.size === 0) this.#keys().delete(key!);
    else if (found === undefined) this.#keys().set(key!, { kind: command.kind, cells, expiry: -1 });
    return changed ? 'done' : 'same';
  }

  #copy(from: string, to: string): boolean {
    const found = this.#keys().get(from);
    if (found === undefined) return false;
    this.#keys().set(to, { ...found, cells: new Map(found.cells) });
    return true;
  }

  #move(from: string, to: string, end: string, side: string): boolean {
    const [source, target] = [this.#keys().get(from), this.#keys().get(to)];
    if (source?.kind !== 'list' || (target !== undefined && target.kind !== 'list')) return false;
    const element = [...source.cells.values()].at(end === 'LEFT' ? 0 : -1) as string;
    this.#whole([end === 'LEFT' ? 'LPOP' : 'RPOP', from]);
    return this.#whole([side === 'LEFT' ? 'LPUSH' : 'RPUSH', to, element]) === 'done';
  }

  #remove(key: string, kind: HeldKind, field: string): boolean {
    const found = this.#keys().get(key);
    if (found?.kind !== kind || !found.cells.delete(kind === 'string' ? '' : field)) return false;
    if (found.cells.size === 0) this.#keys().delete(key);
    return true;
  }

  /** As the script adds: a sum beyond 64 bits is refused, and leaves their end. */
  #addOrEnd(key: string, kind: HeldKind, field: string, by: string): 'done' | 'refused' | 'type' {
    const result = this.#add(key, kind, field, by);
    const held = strictInteger((this.#keys().get(key)?.cells.get(field) as string | undefined) ?? '0');
    const step = strictInteger(by);
    if (result === 'refused' && kind !== 'zset' && held !== undefined && step !== undefined)
      this.#write(key, kind, field, step < 0n ? '-9223372036854775808' : '9223372036854775807');
    return result;
  }

  #add(key: string, kind: HeldKind, field: string, by: string): 'done' | 'refused' | 'type' {
    const found = this.#keys().get(key);
    if (found !== undefined && found.kind !== kind) return 'type';
    const held = found?.cells.get(field);
    if (kind === 'zset') {
      const score = ((held as number | undefined) ?? 0) + scoreOf(by);
      return Number.isNaN(score) ? 'refused' : this.#write(key, kind, field, score) === 'done' ? 'done' : 'type';
    }
    const [base, step] = [strictInteger((held as string | undefined) ?? '0'), strictInteger(by)];
    if (base === undefined || step === undefined) return 'refused';
    const sum = base + step;
    if (strictInteger(sum.toString()) === undefined) return 'refused';
    this.#write(key, kind, field, sum.toString());
    return 'done';
  }

  #expire(key: string, at: number): boolean {
    const found = this.#keys().get(key);
    if (found === undefined) return false;
    found.expiry = at;
    return true;
  }
}
