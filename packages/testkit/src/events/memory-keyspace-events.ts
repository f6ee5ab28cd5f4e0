/**
 * `KeyspaceEvents` in memory: a master whose events, place and connection the test decides on.
 *
 * Rules: nothing happens by itself. `sync` is answered by `answer`, or at once with `answersAtOnce`.
 */
import type { EventFence, KeyspaceEventKind, KeyspaceEventSink, KeyspaceEvents } from '@entwine/core';

/** A master of a test. */
export class MemoryKeyspaceEvents implements KeyspaceEvents {
  /** Where the master's stream stands. */
  replicationId: string = 'a'.repeat(40);
  offset = 0;
  answersAtOnce = false;
  /** How many fences were asked for. */
  asked = 0;
  #sink: KeyspaceEventSink | undefined;
  #isUp = false;
  #waiting: EventFence[] = [];

  start(sink: KeyspaceEventSink): void {
    if (this.#sink) throw new Error('these events were started before; create others');
    this.#sink = sink;
    if (this.#isUp) this.up();
  }

  sync(): void {
    if (!this.#isUp) return;
    this.asked++;
    this.#waiting.push({ replicationId: this.replicationId, offset: this.offset });
    if (this.answersAtOnce) this.answer();
  }

  async close(): Promise<void> {
    this.#sink = undefined;
    this.#isUp = false;
  }

  /** The master deletes a key by itself; its stream moves on to `offset`. */
  event(db: number, key: string, kind: KeyspaceEventKind, offset: number = this.offset): void {
    this.offset = offset;
    if (this.#isUp) this.#sink?.event(db, key, kind);
  }

  /** The oldest unanswered fences arrive: one, or all. */
  answer(count: number = Number.POSITIVE_INFINITY): void {
    for (const fence of this.#waiting.splice(0, count)) this.#sink?.fence(fence);
  }

  /** The connection comes about: everything from here on will be told. */
  up(): void {
    this.#isUp = true;
    this.#sink?.restored({ replicationId: this.replicationId, offset: this.offset });
  }

  /** The connection breaks. */
  down(reason: string): void {
    this.#isUp = false;
    this.#waiting = [];
    this.#sink?.lost(reason);
  }
}
