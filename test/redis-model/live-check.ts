/**
 * Holds the Redis model to a live server: both are sent the same commands, and must reply the same, propagate the same and
 * hold the same in the end.
 *
 * Times in the stream may differ by as long as a sequence takes. Replies whose order Redis leaves to chance are sorted.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RedisServer } from '../../apps/demo/src/lab/index.ts';
import { waitFor } from '../../apps/demo/src/lab/index.ts';
import { argumentCount, argumentText, StreamDecoder } from '../../packages/core/src/index.ts';
import { type ModelClient, type ModelReply, RedisModel } from '../../packages/testkit/src/index.ts';
import { RawConnection, Refused, type Reply } from '../differential/raw-connection.ts';
import type { Words } from '../differential/row.ts';
import { StreamTail } from '../support/stream-tail.ts';
import { plainPayload } from './plain-payload.ts';

/** A reply of either side in a form that compares. */
type Plain = string | null | { readonly error: string } | readonly Plain[];

/** Replies in the order of a server's hash table, in groups of so many. */
const unordered: Readonly<Record<string, number>> = {
  ...{ HGETALL: 2, HKEYS: 1, HVALS: 1, SMEMBERS: 1, SINTER: 1, SUNION: 1, SDIFF: 1, KEYS: 1 },
};

/** How far apart two moments may lie, in milliseconds. */
const patience = 20_000;

/** How the model carries out a command. */
export type CarryOut = (model: RedisModel, client: ModelClient, words: Words) => ModelReply;

const execute: CarryOut = (model, client, words) => model.execute(client, words);

/** One server and models beside it. */
export class LiveCheck {
  readonly #connection: RawConnection;
  readonly #tail: StreamTail;
  readonly #seen: string[][];

  private constructor(connection: RawConnection, tail: StreamTail, seen: string[][]) {
    this.#connection = connection;
    this.#tail = tail;
    this.#seen = seen;
  }

  static async open(server: RedisServer): Promise<LiveCheck> {
    const seen: string[][] = [];
    const tail = await StreamTail.commands(server, (command) => seen.push(command));
    return new LiveCheck(await RawConnection.open(server.port), tail, seen);
  }

  close(): void {
    this.#connection.close();
    this.#tail.close();
  }

  /** Sends the commands to the emptied server and to a new model; throws at the first difference. */
  async run(commands: readonly Words[], carryOut: CarryOut = execute): Promise<void> {
    const connection = this.#connection;
    await connection.send([['DISCARD'], ['UNWATCH'], ['SELECT', '0'], ['FLUSHALL']]);
    await this.#caughtUp();
    const model = new RedisModel({ replicationId: '0'.repeat(40), now: Date.now, random: Math.random });
    // FLUSHALL has selected it.
    model.log.selected = 0;
    const client = model.connect();
    const replies = await connection.send(commands);
    const streamed = await this.#caughtUp();
    for (const [place, words] of commands.entries()) {
      const [live, ours] = [plainLive(replies[place]!), plainModel(carryOut(model, client, words))];
      this.#compare(commands, place, words, live, ours);
    }
    compareStreams(commands, streamed, streamOf(model));
    await this.compareKeys(model);
  }

  #compare(commands: readonly Words[], place: number, words: Words, live: Plain, ours: Plain): void {
    const size = unordered[(words[0] ?? '').toUpperCase()] ?? 0;
    if (isAlike(sorted(live, size), sorted(ours, size))) return;
    const key = words[1] ?? '';
    const isRelated = (other: Words): boolean => words[0] === 'EVALSHA' || other.includes(key);
    const before = commands.slice(0, place).filter(isRelated);
    throw new Error(
      `${show(words)}\n  server: ${show(live)}\n  model:  ${show(ours)}\n  before: ${before.slice(-6).map(show).join('\n          ')}`,
    );
  }

  /** What the stream has shown since the last call, up to now. */
  async #caughtUp(): Promise<string[][]> {
    const mark = `mark-${Math.random()}`;
    await this.#connection.call('PUBLISH', 'live-check', mark);
    const isMark = (words: string[]): boolean => words[2] === mark;
    await waitFor('the stream has caught up', () => this.#seen.some(isMark));
    const upTo = this.#seen.findIndex(isMark);
    const shown = this.#seen.splice(0, upTo + 1).slice(0, -1);
    // The mark's own.
    if (shown.at(-1)?.[0] === 'SELECT') shown.pop();
    return shown.filter(([name]) => name !== 'ping' && name !== undefined);
  }

  /** Every key of every database, read by the commands of its type from both. */
  async compareKeys(model: RedisModel): Promise<void> {
    const client = model.connect();
    for (let db = 0; db < model.keyspace.size; db++) {
      await this.#both(model, client, [['DISCARD'], ['SELECT', String(db)]]);
      const [keys] = await this.#both(model, client, [['KEYS', '*']]);
      for (const key of keys as string[]) {
        const [type] = await this.#both(model, client, [
          ['TYPE', key],
          ['PEXPIRETIME', key],
        ]);
        await this.#both(model, client, readersOf(String(type), key));
      }
    }
  }

  async #both(model: RedisModel, client: ModelClient, commands: readonly Words[]): Promise<Plain[]> {
    const live = (await this.#connection.send(commands)).map(plainLive);
    for (const [place, words] of commands.entries()) {
      const ours = plainModel(model.execute(client, words));
      if (words[0] !== 'DISCARD') this.#compare(commands, place, words, live[place]!, ours);
    }
    return live;
  }
}

function readersOf(type: string, key: string): Words[] {
  const readers: Readonly<Record<string, readonly Words[]>> = {
    string: [['GET', key]],
    list: [['LRANGE', key, '0', '-1']],
    hash: [['HGETALL', key]],
    set: [['SMEMBERS', key]],
    zset: [['ZRANGE', key, '0', '-1', 'WITHSCORES']],
    stream: [['XINFO', 'STREAM', key, 'FULL', 'COUNT', '0']],
  };
  return [...(readers[type] ?? [])];
}

function compareStreams(commands: readonly Words[], live: readonly Words[], ours: readonly Words[]): void {
  for (let place = 0; place < Math.max(live.length, ours.length); place++) {
    const [left, right] = [live[place], ours[place]];
    if (left !== undefined && right !== undefined && isAlike(left, right)) continue;
    const key = (left ?? right)?.[1] ?? '';
    const around = (words: readonly Words[]): string =>
      words
        .slice(Math.max(0, place - 3), place + 4)
        .map(show)
        .join('\n    ');
    throw new Error(
      `streams differ at command ${place}\n  server:\n    ${around(live)}\n  model:\n    ${around(ours)}\n  sent:\n    ${commands
        .filter((words) => words.includes(key))
        .slice(-8)
        .map(show)
        .join('\n    ')}`,
    );
  }
}

/** The model's stream as commands. */
function streamOf(model: RedisModel): string[][] {
  const decoder = new StreamDecoder(model.log.start);
  decoder.push(model.log.bytes(model.log.start));
  const commands: string[][] = [];
  for (;;) {
    const command = decoder.next();
    if (command === undefined) return commands;
    if (!('spans' in command)) throw new Error(`the model's stream: ${command.message}`);
    commands.push(Array.from({ length: argumentCount(command) }, (_, place) => argumentText(command, place)));
  }
}

/** Whether two values are the same, but for moments that may lie some seconds apart, and how payloads are packed. */
function isAlike(a: Plain, b: Plain): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, place) => isAlike(item, b[place]!));
  if (isDeepStrictEqual(a, b)) return true;
  const [left, right] = [Number(a), Number(b)];
  const isMoment = left > 1_000_000_000_000 && left < 3_000_000_000_000;
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  if (isMoment) return Math.abs(left - right) < patience;
  const payload = plainPayload(a);
  return payload !== undefined && isAlike(payload, plainPayload(b) ?? null);
}

function plainLive(reply: Reply): Plain {
  if (reply instanceof Refused) return { error: bareError(reply.message) };
  if (reply === null) return null;
  return typeof reply === 'object' ? reply.map(plainLive) : String(reply);
}

/** Without the script's name and line; what a script's own mistakes are called is not compared. */
function bareError(message: string): string {
  return message.startsWith('ERR user_script:')
    ? 'ERR user_script'
    : message.replace(/ script: [\da-f]{40}, on .*$/, '');
}

function plainModel(reply: ModelReply): Plain {
  if (reply === null) return null;
  // The connection to the server reads integers as numbers.
  if (typeof reply !== 'object') return String(typeof reply === 'bigint' ? Number(reply) : reply);
  if ('status' in reply) return reply.status;
  return 'error' in reply ? { error: bareError(reply.error) } : reply.map(plainModel);
}

/** Sorted by groups of `size`; as it is when `size` is 0. */
function sorted(reply: Plain, size: number): Plain {
  if (size === 0 || !Array.isArray(reply)) return reply;
  const groups = Array.from({ length: reply.length / size }, (_, at) => reply.slice(at * size, (at + 1) * size));
  return groups.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)).flat();
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
