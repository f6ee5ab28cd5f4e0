/** Ports that record what the engine asks of them, and timers that move when they are told to. */
import type { LinkStatus, Origin, Target, TargetReply, Transport, TransportHost } from '@entwine/core';
import type { Timers } from '../src/timers.ts';

/** Timers under a clock of their own. */
export class ManualTimers implements Timers {
  now: number;
  #waiting: { due: number; run: () => void }[] = [];

  constructor(now: number) {
    this.now = now;
  }

  /** Timers that have not fired. */
  get waiting(): number {
    return this.#waiting.length;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.now + ms, run };
    this.#waiting.push(timer);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== timer);
    };
  }

  /** Lets time pass, timer by timer, with everything they set off. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    await settle();
    for (;;) {
      const next = this.#waiting.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((timer) => timer !== next);
      this.now = Math.max(this.now, next.due);
      next.run();
      await settle();
    }
    this.now = end;
  }
}

/** Lets everything happen that waits for nothing. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A transport that notes what it is told, a line each. */
export class RecordingTransport implements Transport {
  readonly told: string[] = [];
  host: TransportHost | undefined;
  /** What `links` tells. */
  linked: LinkStatus[] = [];

  async start(host: TransportHost): Promise<void> {
    this.host = host;
    this.told.push('start');
  }

  flushed(seq: number): void {
    this.told.push(`flushed ${seq}`);
  }

  settled(origin: Origin, seq: number): void {
    this.told.push(`settled ${origin} ${seq}`);
  }

  pause(origin: Origin): void {
    this.told.push(`pause ${origin}`);
  }

  resume(origin: Origin): void {
    this.told.push(`resume ${origin}`);
  }

  links(): readonly LinkStatus[] {
    return this.linked;
  }

  async close(): Promise<void> {
    this.told.push('close');
  }
}

/** One call to a scripted target. */
export interface Call {
  readonly args: readonly (string | Uint8Array)[];
  readonly freeing: boolean;
  answered: boolean;
  answer(reply: TargetReply | string): void;
}

/** A target whose answers the test gives. */
export class ScriptedTarget implements Target {
  readonly calls: Call[] = [];
  /** What a hash is read as; an error rejects. */
  hash: Map<string, string> | Error = new Map();
  reads = 0;

  apply(_key: string, args: readonly (string | Uint8Array)[], freeing: boolean): Promise<TargetReply> {
    return new Promise((resolve) => {
      const call: Call = {
        args,
        freeing,
        answered: false,
        answer: (reply) => {
          call.answered = true;
          resolve(typeof reply === 'string' ? { ok: true, reply } : reply);
        },
      };
      this.calls.push(call);
    });
  }

  async library(): Promise<undefined> {}

  async readHash(): Promise<Map<string, string>> {
    this.reads++;
    if (this.hash instanceof Error) throw this.hash;
    return new Map(this.hash);
  }

  async close(): Promise<void> {}
}

/** A call that may have run. */
export const lostAnswer: TargetReply = { ok: false, sent: true, code: 'unreachable', message: 'timed out' };
