/**
 * Reading a call's own operations: what it does to one key.
 *
 * Needed because a server propagates only what changed something: an SADD of a member that is there leaves no trace in the
 * stream, but it says that the member is there.
 */
import { type ByteString, fromByteString, toByteString } from '../bytes/byte-string.ts';
import { expiryTimeOf } from '../commands/arguments.ts';
import { parseId } from '../commands/stream-cells.ts';
import { type CellValue, type KindIndex, kinds } from '../merge/cell-value.ts';
import { layerId } from '../merge/key-state.ts';
import { type MeantStep, rangeStep, runStep } from '../merge/meant-step.ts';
import { streamCountAt, streamSizes } from './stream-script.ts';

/** Arguments of each operation of the apply script, its letter included. */
const sizes: Readonly<Record<string, number>> = {
  S: 3,
  T: 4,
  K: 3,
  X: 2,
  H: 4,
  A: 3,
  Z: 4,
  h: 3,
  a: 3,
  z: 3,
  I: 3,
  J: 4,
  Y: 4,
  E: 3,
  P: 2,
  C: 3,
  D: 2,
  R: 6,
  Q: 6,
  b: 4,
  p: 3,
  q: 2,
  r: 5,
  F: 1,
  W: 1,
  B: 3,
  U: 1,
  G: 2,
  V: 2,
  ...streamSizes,
};

/** Arguments of the operation at `i`, its letter included. */
function sizeAt(args: readonly (string | Uint8Array)[], i: number): number {
  const letter = args[i] as string;
  const size = sizes[letter]!;
  if (letter === 'G' || letter === 'V') return size + Number(args[i + 1]);
  if (letter === 'B') return size + Number(args[i + 2]);
  if (letter === 'Q') return size + Number(args[i + 5]);
  return letter === 'xM' || letter === 'xu' ? size + Number(args[i + streamCountAt]) : size;
}

/** The steps of a call on one key, in order; conditional ones, and what a flush took away, are left out. */
export function meantSteps(args: readonly (string | Uint8Array)[], db: number, key: ByteString): MeantStep[] {
  const found: MeantStep[] = [];
  let selected = 0;
  for (let i = 0; i < args.length; ) {
    const letter = args[i] as string;
    if (letter === 'D') selected = Number(args[i + 1]);
    else if (letter === 'W' || (letter === 'F' && selected === db)) found.length = 0;
    else if (letter === 'G' && selected === db && args[i + 3] === key) {
      const name = args[i + 2]!;
      found.push(runStep((typeof name === 'string' ? name : toByteString(name)).toUpperCase()));
    } else if (selected === db && args[i + 1] === key) {
      const step = meantStep(letter, args, i);
      if (step !== undefined) found.push(step);
    }
    i += sizeAt(args, i);
  }
  return found;
}

function meantStep(letter: string, args: readonly (string | Uint8Array)[], i: number): MeantStep | undefined {
  const second = args[i + 2] as string;
  const third = args[i + 3] as string;
  switch (letter) {
    case 'S':
    case 'T':
    case 'K':
      return { does: 'set', kind: kinds.string, field: '' };
    case 'C':
      return { does: 'clear', kind: kinds.string, field: '' };
    case 'X':
      return { does: 'wipe', kind: kinds.string, field: '' };
    case 'H':
      return { does: 'write', kind: kinds.hash, field: second, value: args[i + 3] as Uint8Array };
    case 'A':
      return { does: 'write', kind: kinds.set, field: second, value: true };
    case 'Z':
      return { does: 'write', kind: kinds.zset, field: third, value: Number(second.replace('inf', 'Infinity')) };
    case 'h':
      return { does: 'remove', kind: kinds.hash, field: second };
    case 'a':
      return { does: 'remove', kind: kinds.set, field: second };
    case 'z':
      return { does: 'remove', kind: kinds.zset, field: second };
    case 'r':
      return rangeStep(second === 'lex' ? 'lex' : 'score', third, args[i + 4] as string);
    case 'I':
      return { does: 'add', kind: kinds.string, field: '' };
    case 'J':
      return { does: 'add', kind: kinds.hash, field: second };
    case 'Y':
      return { does: 'add', kind: kinds.zset, field: third };
    case 'E':
      return { does: 'expire', kind: kinds.string, field: '', at: expiryTimeOf(second) };
    case 'P':
      return { does: 'expire', kind: kinds.string, field: '', at: -1 };
    case 'b':
      return { does: 'layer', kind: kinds.string, field: layerId(Number(second), null) };
    case 'p':
      return { does: 'layer', kind: kinds.string, field: layerId(undefined, second) };
    case 'q':
      return { does: 'layer', kind: kinds.string, field: layerId(undefined, null) };
    default:
      if (!letter.startsWith('x')) return undefined;
      return { does: 'stream', kind: kinds.stream, field: '', entry: letter === 'xM' ? parseId(second) : undefined };
  }
}

/** What the tests of a call expect cells of a key to hold: kind, field, value. Numbers and texts only. */
export function meantTests(
  args: readonly (string | Uint8Array)[],
  db: number,
  key: ByteString,
): [KindIndex, ByteString, CellValue][] {
  const found: [KindIndex, ByteString, CellValue][] = [];
  let selected = 0;
  for (let i = 0; i < args.length; i += args[i] === 'Q' ? sizes.Q! : sizeAt(args, i)) {
    if (args[i] === 'D') selected = Number(args[i + 1]);
    if (args[i] !== 'Q' || selected !== db || args[i + 2] !== key) continue;
    const expected = args[i + 4]!;
    const bytes = typeof expected === 'string' ? fromByteString(expected) : expected;
    if (args[i + 1] === 's') found.push([kinds.string, '', bytes]);
    else if (args[i + 1] === 'h') found.push([kinds.hash, args[i + 3] as string, bytes]);
    else if (args[i + 1] === 'z') found.push([kinds.zset, args[i + 3] as string, Number(expected)]);
  }
  return found;
}
