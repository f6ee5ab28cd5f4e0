/** A server for the apply script: runs it, and reads everything back in the form of the in-memory keyspace. */
import { applyFreeingScript, applyScript, standaloneMarkerKey } from '@entwine/core';
import type { Redis } from 'ioredis';
import { describeKey, type Held, type HeldKind } from '../../packages/core/test-support/keyspace.ts';

export type Argument = string | Uint8Array;

const latin1 = (value: unknown): string => Buffer.from(value as Buffer).toString('latin1');
const score = (value: unknown): number =>
  typeof value === 'number' ? value : Number(latin1(value).replace('inf', 'Infinity'));
const wire = (arg: Argument): Buffer => (typeof arg === 'string' ? Buffer.from(arg, 'latin1') : Buffer.from(arg));

export class ScriptBench {
  /** What the own field holds after the last call that ran. */
  own = '';
  readonly #client: Redis;
  #calls = 0;

  constructor(client: Redis) {
    this.#client = client;
  }

  /** Empties the server. */
  async reset(): Promise<void> {
    await this.#client.flushall();
    this.own = '';
  }

  /** One call with the next marker. @returns the script's reply, or the server's error. */
  async call(operations: readonly Argument[], freeing = false): Promise<string> {
    const next = `own ${++this.#calls}`;
    const reply = await this.raw(['', '', '', 'own', this.own, next, ...operations], freeing);
    if (reply.startsWith('ok:')) this.own = next;
    return reply;
  }

  /** One call with all its arguments. */
  async raw(args: readonly Argument[], freeing = false, key: string = standaloneMarkerKey): Promise<string> {
    const script = freeing ? applyFreeingScript : applyScript;
    try {
      return latin1(await this.#client.callBuffer('EVAL', script, '1', key, ...args.map(wire)));
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Every key but the marker, by `db key`. */
  async readout(dbs: readonly number[] = [0, 1]): Promise<Record<string, string>> {
    const lines: [string, string][] = [];
    for (const db of dbs) {
      await this.#client.select(db);
      for (const key of (await this.#client.keysBuffer('*')).map(latin1)) {
        if (key !== standaloneMarkerKey) lines.push([`${db} ${key}`, await this.#describe(key)]);
      }
    }
    await this.#client.select(0);
    return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async marker(): Promise<Record<string, string>> {
    return this.#client.hgetall(standaloneMarkerKey);
  }

  async #describe(name: string): Promise<string> {
    const key = wire(name) as Buffer;
    const kind = (await this.#client.type(key)) as HeldKind;
    return describeKey(kind, await this.#cells(key, kind), Number(await this.#client.call('PEXPIRETIME', key)));
  }

  async #cells(key: Buffer, kind: HeldKind): Promise<Map<string, Held>> {
    const client = this.#client;
    if (kind === 'string') return new Map([['', latin1(await client.getBuffer(key))]]);
    if (kind === 'set') return new Map((await client.smembersBuffer(key)).map((member) => [latin1(member), true]));
    const hash = kind === 'hash';
    const command = hash ? ['HGETALL'] : ['ZRANGE', '0', '-1', 'WITHSCORES'];
    const reply = (await client.callBuffer(command[0]!, key, ...command.slice(1))) as unknown[];
    // Scores come as numbers or as text, in pairs or not: as the protocol version has it.
    const flat = reply.flat();
    const cells = new Map<string, Held>();
    for (let i = 0; i < flat.length; i += 2)
      cells.set(latin1(flat[i]), hash ? latin1(flat[i + 1]) : score(flat[i + 1]));
    return cells;
  }
}
