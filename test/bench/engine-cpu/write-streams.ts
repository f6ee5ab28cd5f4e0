/** The benchmark's write streams as a server's replication stream has them, in pieces as they come from a socket. */
import { Random } from '../../../apps/demo/src/lab/index.ts';

/** Bytes of a piece. */
const pieceBytes = 65_536;

/** Pieces of a replication stream, and how many writes each holds. None is cut in two. */
export interface Writes {
  readonly count: number;
  readonly pieces: readonly { readonly bytes: Uint8Array; readonly writes: number }[];
}

/** What `redis-benchmark -t set -d 64 -r 1000000` writes. */
export function setStream(count: number): Writes {
  const random = new Random(1);
  const value = 'x'.repeat(64);
  return inPieces(count, () => ['SET', `key:${String(random.integer(0, 999_999)).padStart(12, '0')}`, value]);
}

/** What `mixed-writer.ts` writes, as a server propagates it. */
export function mixedStream(count: number): Writes {
  const random = new Random(1);
  const value = 'v'.repeat(64);
  return inPieces(count, () => {
    const sort = random.next();
    const key = random.integer(0, 99_999);
    if (sort < 0.4) return ['SET', `s:${key}`, value];
    if (sort < 0.45) return ['SET', `x:${key}`, value, 'PXAT', '1900003600000'];
    if (sort < 0.65) return ['HSET', `h:${key}`, `f${random.integer(0, 9)}`, value.slice(32)];
    if (sort < 0.75) return ['SADD', `m:${key}`, `member ${random.integer(0, 99)}`];
    if (sort < 0.85) return ['ZADD', `z:${key}`, String(random.integer(0, 9999)), `member ${random.integer(0, 99)}`];
    return ['INCRBY', `c:${key}`, String(random.integer(1, 9))];
  });
}

function inPieces(count: number, next: () => readonly string[]): Writes {
  const pieces: { bytes: Uint8Array; writes: number }[] = [];
  const buffer = Buffer.alloc(2 * pieceBytes);
  let [used, writes] = [0, 0];
  for (let i = 1; i <= count; i++) {
    const words = next();
    used += buffer.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`, used);
    writes++;
    if (used < pieceBytes && i < count) continue;
    pieces.push({ bytes: new Uint8Array(buffer.subarray(0, used)), writes });
    [used, writes] = [0, 0];
  }
  return { count, pieces };
}
