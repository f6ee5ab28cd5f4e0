/**
 * A sink of keyspace events that remembers what it was told; for tests only.
 */
import type { EventFence, KeyspaceEventKind, KeyspaceEventSink } from '@entwine/core';

/** Records events, fences and what became of the connection. */
export class RecordingEvents implements KeyspaceEventSink {
  /** All calls in order: `expired 0 key`, `fence`, `lost`, `restored`. */
  readonly log: string[] = [];
  readonly reasons: string[] = [];
  readonly notes: string[] = [];
  readonly fences: EventFence[] = [];
  readonly restorations: EventFence[] = [];

  event(db: number, key: string, kind: KeyspaceEventKind): void {
    this.log.push(`${kind} ${db} ${key}`);
  }

  fence(fence: EventFence): void {
    this.log.push('fence');
    this.fences.push(fence);
  }

  lost(reason: string): void {
    this.log.push('lost');
    this.reasons.push(reason);
  }

  restored(fence: EventFence): void {
    this.log.push('restored');
    this.restorations.push(fence);
  }

  note(message: string): void {
    this.notes.push(message);
  }
}
