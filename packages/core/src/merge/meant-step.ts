/** The steps that calls of ours take on a key: as they were meant, and as the stream shows them. */
import type { ByteString } from '../bytes/byte-string.ts';
import { expiryTimeOf } from '../commands/arguments.ts';
import type { ExpiryTime } from '../entry/entry.ts';
import { argument, argumentCount, argumentText, type Command } from '../resp/command.ts';
import { type CellValue, type KindIndex, kinds } from './cell-value.ts';
import { layerId } from './key-state.ts';
import type { Range } from './ranges.ts';

/**
 * A step that a call of ours takes on a key. `set`, `wipe`, `clear` (a deletion unless the
 * key is of the right type), `stream` and `expire` are on the whole key; a `layer` is named by its `layerId`, what is `run` by
 * its command: what that makes of the key is not followed, but it says what came before it.
 */
export type MeantStep = { readonly kind: KindIndex; readonly field: ByteString } & (
  | { readonly does: 'set' | 'wipe' | 'clear' | 'layer' | 'remove' | 'add' | 'run' }
  | { readonly does: 'stream'; readonly entry: ByteString | undefined }
  | { readonly does: 'write'; readonly value: CellValue }
  | { readonly does: 'expire'; readonly at: ExpiryTime }
  | { readonly does: 'range'; readonly range: Range }
);

/** The removal of a range of a sorted set. */
export function rangeStep(by: Range['by'], min: ByteString, max: ByteString): MeantStep {
  return { does: 'range', kind: kinds.zset, field: `${by} ${min} ${max}`, range: { by, min, max } };
}

/** A command that is run as it is. @param name - in capitals. */
export function runStep(name: string): MeantStep {
  return { does: 'run', kind: kinds.string, field: name };
}

/** The step that a command of the stream shows. */
export function stepOf(command: Command): MeantStep {
  const text = (i: number): ByteString => argumentText(command, i);
  switch (command.name) {
    case 'SET':
      return { does: 'set', kind: kinds.string, field: '' };
    case 'DEL':
    case 'UNLINK':
      return { does: 'wipe', kind: kinds.string, field: '' };
    case 'PEXPIREAT':
      return { does: 'expire', kind: kinds.string, field: '', at: expiryTimeOf(text(2)) };
    case 'PERSIST':
      return { does: 'expire', kind: kinds.string, field: '', at: -1 };
    case 'HSET':
      return { does: 'write', kind: kinds.hash, field: text(2), value: argument(command, 3) };
    case 'SADD':
      return { does: 'write', kind: kinds.set, field: text(2), value: true };
    case 'ZADD':
      return { does: 'write', kind: kinds.zset, field: text(3), value: Number(text(2).replace('inf', 'Infinity')) };
    case 'HDEL':
      return { does: 'remove', kind: kinds.hash, field: text(2) };
    case 'SREM':
      return { does: 'remove', kind: kinds.set, field: text(2) };
    case 'ZREM':
      return { does: 'remove', kind: kinds.zset, field: text(2) };
    case 'ZREMRANGEBYSCORE':
    case 'ZREMRANGEBYLEX':
      return rangeStep(command.name === 'ZREMRANGEBYLEX' ? 'lex' : 'score', text(2), text(3));
    case 'INCRBY':
      return { does: 'add', kind: kinds.string, field: '' };
    case 'HINCRBY':
      return { does: 'add', kind: kinds.hash, field: text(2) };
    case 'ZINCRBY':
      return { does: 'add', kind: kinds.zset, field: text(3) };
    case 'SETBIT':
      return { does: 'layer', kind: kinds.string, field: layerId(Number(text(2)), null) };
    case 'PFADD':
      return {
        does: 'layer',
        kind: kinds.string,
        field: layerId(undefined, argumentCount(command) > 2 ? text(2) : null),
      };
    default:
      if (!command.name.startsWith('X')) return runStep(command.name);
      return { does: 'stream', kind: kinds.stream, field: '', entry: undefined };
  }
}

/** Whether a command deletes keys. */
export function isDeletion(command: Command): boolean {
  return command.name === 'UNLINK' || command.name === 'DEL';
}

/** Whether a step that was meant is the one that was seen. */
export function sameStep(a: MeantStep, b: MeantStep | undefined): boolean {
  if (b?.does === 'wipe') return a.does === 'wipe' || a.does === 'clear';
  return b !== undefined && a.does === b.does && a.kind === b.kind && a.field === b.field;
}
