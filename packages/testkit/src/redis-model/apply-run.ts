/** One run of the apply script's twin: its arguments, its state, and what the operations share. */
import { expiryGraceMs } from '@entwine/core';
import { luaOperand } from './lua-values.ts';
import type { ScriptCalls } from './redis-model.ts';
import { isFailure, type ModelReply, Refusal } from './reply.ts';

/** Carries out the operation whose letter stands at `at`; returns where the next one stands. */
export type ApplyOperation = (run: ApplyRun, at: number) => number;

/** What `B` remembers: a database and a command. */
export interface KeptCommand {
  readonly db: string;
  readonly words: readonly string[];
}

/** The state of one run. */
export class ApplyRun {
  readonly marker: string;
  readonly args: readonly string[];
  /** Runs a command; an error ends the script. */
  readonly call: ScriptCalls['call'];
  /** Runs a command; errors are values. */
  readonly try: ScriptCalls['try'];
  /** Operations refused by the data they met. */
  refused = 0;
  /** The selected database, as `D` named it. */
  db = '0';
  /** What joins the reply. */
  readonly values: ModelReply[] = [];
  kept: KeptCommand[] = [];
  #now: number | undefined;

  constructor(calls: ScriptCalls, marker: string, args: readonly string[]) {
    this.marker = marker;
    this.args = args;
    this.call = calls.call;
    this.try = calls.try;
  }

  /** The argument at a place, which must be there. @throws Refusal */
  argument(at: number): string {
    const text = this.args[at];
    if (text === undefined) throw new Refusal('ERR Lua redis lib command arguments must be strings or integers');
    return text;
  }

  /** A command on a key; a key of another type is deleted first. Returns the error that counted as refused. */
  write(key: string, ...words: string[]): string | undefined {
    const reply = this.try(...words);
    if (!isFailure(reply)) return undefined;
    if (reply.error.includes('WRONGTYPE')) {
      this.unlink(key);
      if (!isFailure(this.try(...words))) return undefined;
    }
    this.refused++;
    return reply.error;
  }

  /** A deletion of ours, told by the key that is named twice. */
  unlink(key: string): void {
    this.call('UNLINK', key, key);
  }

  /** After a sum that was refused because it lies beyond 64 bits: the last number there is. */
  saturate(error: string | undefined, by: string, key: string, field?: string): void {
    if (error?.includes('overflow') !== true) return;
    const last = by.startsWith('-') ? '-9223372036854775808' : '9223372036854775807';
    if (field === undefined) this.call('SET', key, last, 'KEEPTTL');
    else this.call('HSET', key, field, last);
  }

  /** The type of what a key holds, or `none`. */
  type(key: string): string {
    return (this.call('TYPE', key) as { readonly status: string }).status;
  }

  /** A moment in the future: one that has passed moves on by whole steps of the grace. */
  future(at: string): string {
    this.#now ??= this.#time();
    const moment = luaOperand(at);
    if (moment > this.#now) return at;
    return (moment + Math.ceil((this.#now + 1 - moment) / expiryGraceMs) * expiryGraceMs).toFixed(0);
  }

  #time(): number {
    const [seconds, microseconds] = this.call('TIME') as readonly string[];
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }
}
