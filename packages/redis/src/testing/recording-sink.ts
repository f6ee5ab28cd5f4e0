/**
 * A sink that remembers what it was told; for tests only.
 */
import type { Attachment, Position, SourceSink } from '@entwine/core';
import { RedisError } from '../redis-error.ts';

/** Records attachments, bytes and failures. */
export class RecordingSink implements SourceSink {
  readonly attachments: Attachment[] = [];
  readonly failures: RedisError[] = [];
  /** Chunks since the last attachment. */
  chunks: Uint8Array[] = [];
  /** All calls in order. */
  readonly log: string[] = [];
  resume: Position | null = null;

  attached(attachment: Attachment): void {
    this.log.push(`attached ${attachment.mode}`);
    this.attachments.push(attachment);
    this.chunks = [];
  }

  bytes(chunk: Uint8Array): void {
    this.log.push('bytes');
    this.chunks.push(chunk);
  }

  detached(reason: Error): void {
    if (!(reason instanceof RedisError)) throw reason;
    this.log.push(`detached ${reason.code}`);
    this.failures.push(reason);
  }

  resumeFrom(): Position | null {
    return this.resume;
  }

  /** The last attachment. */
  get last(): Attachment | undefined {
    return this.attachments.at(-1);
  }

  /** The stream since the last attachment, as text. */
  get stream(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  /** Where the stream has been read to. */
  get offset(): number {
    return (this.last?.position.offset ?? 0) + this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** The position reached, as an engine that saw no SELECT since would keep it. */
  get position(): Position {
    return { ...this.last!.position, offset: this.offset };
  }
}
