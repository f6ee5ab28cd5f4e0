/**
 * A Redis in memory, as small as the race simulation needs: strings, hashes, sets, sorted sets, absolute expiries, units,
 * the apply script, and the replication stream that a real server would send.
 *
 * It executes commands that are known to succeed or reports that they had no effect; it checks no arity. Keys do not expire
 * by themselves. What it emits follows Redis 7: MULTI around two or more writes, SELECT before it, effects of scripts only.
 */

type Value =
  | { type: 'string'; text: string }
  | { type: 'hash'; map: Map<string, string> }
  | { type: 'set'; map: Map<string, string> }
  | { type: 'zset'; map: Map<string, string> };

interface Stored {
  value: Value;
  expireAt: number;
}

/** Raised inside a script or command where Redis answers with an error. */
class Refused extends Error {}

const wrongType = 'WRONGTYPE';

/** One master and its stream. */
export class MiniRedis {
  readonly #dbs = new Map<number, Map<string, Stored>>();
  readonly replicationId: string;
  #stream: Buffer[] = [];
  #selected = -1;
  #db = 0;
  #unit: { db: number; args: string[] }[] = [];
  /** Offset of the stream's first byte, and of its end. */
  offset = 0;
  /** Milliseconds, for expiries that have passed. */
  now = 0;

  constructor(replicationId: string) {
    this.replicationId = replicationId;
  }

  /** Runs commands as one unit. */
  execute(db: number, commands: readonly (readonly string[])[]): void {
    for (const command of commands) {
      this.#db = db;
      try {
        this.#run([...command]);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
    }
    this.#propagate();
  }

  /** Bytes of the stream from an offset on. */
  bytes(from: number): Buffer {
    let at = this.offset;
    const parts: Buffer[] = [];
    for (let i = this.#stream.length - 1; i >= 0 && at > from; i--) {
      parts.unshift(this.#stream[i]!);
      at -= this.#stream[i]!.length;
    }
    return Buffer.concat(parts).subarray(from - at);
  }

  hash(key: string): Map<string, string> {
    const stored = this.#keys(0).get(key);
    if (stored === undefined) return new Map();
    if (stored.value.type !== 'hash') throw new Error('WRONGTYPE not a hash');
    return new Map(stored.value.map);
  }

  /** Every key as text, for comparison; reserved ones left out. */
  dump(): Map<string, string> {
    const all = new Map<string, string>();
    for (const [db, keys] of this.#dbs) {
      for (const [key, { value, expireAt }] of keys) {
        if (key.startsWith('entwine:{')) continue;
        const content = value.type === 'string' ? value.text : JSON.stringify([...value.map].sort());
        all.set(`${db} ${key}`, `${value.type} ${content} ttl ${expireAt}`);
      }
    }
    return all;
  }

  /** The apply script, by the table at its head. */
  script(marker: string, argv: readonly string[]): string {
    this.#db = 0;
    try {
      return this.#apply(marker, argv);
    } finally {
      this.#propagate();
    }
  }

  #apply(marker: string, argv: readonly string[]): string {
    const [peer, expectedPeer, newPeer, own, expectedOwn, newOwn] = argv as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const stored = this.#keys(0).get(marker);
    if (stored !== undefined && stored.value.type !== 'hash') {
      if (expectedOwn !== '') return 'type';
      this.#call('UNLINK', marker, marker);
    }
    const held = this.hash(marker);
    if ((held.get(own) ?? '') !== expectedOwn) return `own:${held.get(own) ?? ''}`;
    if (peer !== '') {
      if ((held.get(peer) ?? '') !== expectedPeer) return `peer:${held.get(peer) ?? ''}`;
      this.#call('HSET', marker, peer, newPeer, own, newOwn);
    } else this.#call('HSET', marker, own, newOwn);
    let refused = 0;
    for (let i = 6; i < argv.length; ) i += this.#operation(argv, i, () => refused++);
    return `ok:${refused}`;
  }

  /** Runs the operation at `i`; returns how many arguments it took. */
  #operation(argv: readonly string[], i: number, refuse: () => void): number {
    const [letter, a = '', b = '', c = '', d = '', e = ''] = argv.slice(i, i + 6);
    const write = (...command: string[]): void => {
      if (this.#try(command) === wrongType) {
        this.#call('UNLINK', a, a);
        if (this.#try(command) !== undefined) refuse();
      } else if (this.#failed !== undefined) refuse();
    };
    switch (letter) {
      case 'S': this.#call('SET', a, b); return 3;
      case 'T': this.#call('SET', a, b, 'PXAT', this.#future(c)); return 4;
      case 'K': this.#call('SET', a, b, 'KEEPTTL'); return 3;
      case 'X': this.#call('UNLINK', a, a); return 2;
      case 'H': write('HSET', a, b, c); return 4;
      case 'A': write('SADD', a, b); return 3;
      case 'Z': write('ZADD', a, b, c); return 4;
      case 'I': write('INCRBY', a, b); return 3;
      case 'J': write('HINCRBY', a, b, c); return 4;
      case 'Y': write('ZINCRBY', a, b, c); return 4;
      case 'h': this.#try(['HDEL', a, b]); return 3;
      case 'a': this.#try(['SREM', a, b]); return 3;
      case 'z': this.#try(['ZREM', a, b]); return 3;
      case 'E': this.#call('PEXPIREAT', a, this.#future(b)); return 3;
      case 'P': this.#call('PERSIST', a); return 2;
      case 'C': if ((this.#keys(this.#db).get(a)?.value.type ?? b) !== b) this.#call('UNLINK', a, a); return 3;
      case 'D': this.#db = Number(a); return 2;
      case 'F': this.#call('FLUSHDB'); return 1;
      case 'R': this.#settle(a, b, c, d, e, refuse); return 6;
      case 'Q': return this.#holds(a, b, c, d) ? 6 : 6 + Number(e);
      default: throw new Error(`unknown operation ${letter}`);
    }
  } // biome-ignore format: one operation a line

  #settle(test: string, key: string, field: string, by: string, alone: string, refuse: () => void): void {
    const lone = alone !== '' && this.#holds(test, key, field, alone);
    const removal = { s: ['UNLINK', key, key], h: ['HDEL', key, field], z: ['ZREM', key, field] }[test]!;
    const addition = { s: ['INCRBY', key, by], h: ['HINCRBY', key, field, by], z: ['ZINCRBY', key, by, field] }[test]!;
    if (this.#try(lone ? removal : addition) !== undefined) refuse();
  }

  #holds(test: string, key: string, field: string, expected: string): boolean {
    const stored = this.#keys(this.#db).get(key);
    if (test === 'n') return stored === undefined;
    if (test === 'e') return String(stored === undefined ? -2 : stored.expireAt) === expected;
    const wanted = { s: 'string', h: 'hash', i: 'hash', m: 'set', o: 'set', z: 'zset', y: 'zset' }[test]!;
    if (stored !== undefined && stored.value.type !== wanted) return false;
    const held =
      stored === undefined
        ? undefined
        : stored.value.type === 'string'
          ? stored.value.text
          : stored.value.map.get(field);
    if (test === 's' || test === 'h') return held === expected;
    if (test === 'z') return held !== undefined && Number(held) === Number(expected);
    return (held === undefined) === (test === 'i' || test === 'o' || test === 'y');
  }

  #future(at: string): string {
    return Number(at) > this.now ? at : String(Number(at) + Math.ceil((this.now + 1 - Number(at)) / 60_000) * 60_000);
  }

  #failed: string | undefined;

  /** undefined, or the error's first word. */
  #try(command: readonly string[]): string | undefined {
    this.#failed = undefined;
    try {
      this.#run([...command]);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#failed = error.message;
    }
    return this.#failed;
  }

  #call(...command: string[]): void {
    this.#run(command);
  }

  #keys(db: number): Map<string, Stored> {
    let keys = this.#dbs.get(db);
    if (keys === undefined) {
      keys = new Map();
      this.#dbs.set(db, keys);
    }
    return keys;
  }

  #run(command: string[]): void {
    if (this.#effect(command)) this.#unit.push({ db: this.#db, args: command });
  }

  /** Executes; whether it changed (and so propagates). */
  #effect([name, key = '', ...rest]: string[]): boolean {
    const keys = this.#keys(this.#db);
    switch (name) {
      case 'SET': {
        const kept =
          rest[1] === 'KEEPTTL' ? (keys.get(key)?.expireAt ?? -1) : rest[1] === 'PXAT' ? Number(rest[2]) : -1;
        keys.set(key, { value: { type: 'string', text: rest[0]! }, expireAt: kept });
        return true;
      }
      case 'DEL':
      case 'UNLINK':
        return keys.delete(key);
      case 'FLUSHDB':
        keys.clear();
        return true;
      case 'PEXPIREAT':
        if (!keys.has(key)) return false;
        keys.get(key)!.expireAt = Number(rest[0]);
        return true;
      case 'PERSIST': {
        const stored = keys.get(key);
        if (stored === undefined || stored.expireAt === -1) return false;
        stored.expireAt = -1;
        return true;
      }
      case 'INCRBY':
        return this.#increment(keys, key, rest[0]!);
      default:
        return this.#element(keys, name!, key, rest);
    }
  }

  #increment(keys: Map<string, Stored>, key: string, by: string): boolean {
    const stored = keys.get(key);
    if (stored === undefined) keys.set(key, { value: { type: 'string', text: by }, expireAt: -1 });
    else if (stored.value.type !== 'string') throw new Refused(wrongType);
    else stored.value.text = added(stored.value.text, by);
    return true;
  }

  #element(keys: Map<string, Stored>, name: string, key: string, rest: readonly string[]): boolean {
    const type = name.startsWith('H') ? 'hash' : name.startsWith('S') ? 'set' : 'zset';
    const stored = keys.get(key);
    if (stored !== undefined && stored.value.type !== type) throw new Refused(wrongType);
    if (name === 'HDEL' || name === 'SREM' || name === 'ZREM') {
      const map = (stored?.value as { map: Map<string, string> } | undefined)?.map;
      const gone = map?.delete(rest[0]!) === true;
      if (map?.size === 0) keys.delete(key);
      return gone;
    }
    const made: Stored = stored ?? { value: { type, map: new Map() } as Value, expireAt: -1 };
    const map = (made.value as { map: Map<string, string> }).map;
    const changed = writeElement(map, name, rest);
    keys.set(key, made);
    return changed;
  }

  #propagate(): void {
    const unit = this.#unit;
    this.#unit = [];
    if (unit.length === 0) return;
    if (unit[0]!.db !== this.#selected) this.#emit(['SELECT', String(unit[0]!.db)]);
    this.#selected = unit[0]!.db;
    if (unit.length > 1) this.#emit(['MULTI']);
    for (const { db, args } of unit) {
      if (db !== this.#selected) this.#emit(['SELECT', String(db)]);
      this.#selected = db;
      this.#emit(args);
    }
    if (unit.length > 1) this.#emit(['EXEC']);
  }

  #emit(args: readonly string[]): void {
    const bytes = Buffer.from(
      `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`,
      'latin1',
    );
    this.#stream.push(bytes);
    this.offset += bytes.length;
  }
}

/** Writes one element; whether anything changed. */
function writeElement(map: Map<string, string>, name: string, rest: readonly string[]): boolean {
  switch (name) {
    case 'HSET':
      for (let i = 0; i + 1 < rest.length; i += 2) map.set(rest[i]!, rest[i + 1]!);
      return true;
    case 'HINCRBY':
      map.set(rest[0]!, added(map.get(rest[0]!) ?? '0', rest[1]!));
      return true;
    case 'SADD':
      if (map.has(rest[0]!)) return false;
      map.set(rest[0]!, '');
      return true;
    case 'ZADD':
      if (map.get(rest[1]!) === rest[0]) return false;
      map.set(rest[1]!, rest[0]!);
      return true;
    case 'ZINCRBY':
      map.set(rest[1]!, added(map.get(rest[1]!) ?? '0', rest[0]!));
      return true;
    default:
      throw new Error(`unknown command ${name}`);
  }
}

function added(text: string, by: string): string {
  if (!/^-?\d+$/.test(text)) throw new Refused('ERR not an integer');
  return String(BigInt(text) + BigInt(by));
}
