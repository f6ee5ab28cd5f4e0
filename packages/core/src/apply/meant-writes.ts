/**
 * Reading a call's own operations: the element writes it makes to one key.
 *
 * Needed because a server propagates only what changed something: an SADD of a member that is there leaves no trace in the
 * stream, but it says that the member is there.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { type KindIndex, kinds } from '../merge/cell-value.ts';
import type { MeantWrite } from '../merge/shadow.ts';

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
};

/** The element writes of a call to one key, in order; conditional ones are left out. */
export function meantWrites(args: readonly (string | Uint8Array)[], db: number, key: ByteString): MeantWrite[] {
  const found: MeantWrite[] = [];
  let selected = 0;
  for (let i = 0; i < args.length; ) {
    const letter = args[i] as string;
    if (letter === 'D') selected = Number(args[i + 1]);
    else if (selected === db && args[i + 1] === key) {
      const write = elementWrite(letter, args, i);
      if (write !== undefined) found.push(write);
    }
    i += sizes[letter]! + (letter === 'Q' ? Number(args[i + 5]) : 0);
  }
  return found;
}

function elementWrite(letter: string, args: readonly (string | Uint8Array)[], i: number): MeantWrite | undefined {
  const write = (kind: KindIndex, field: string | Uint8Array | undefined, value: MeantWrite['value']): MeantWrite => ({
    kind,
    field: field as ByteString,
    value,
  });
  switch (letter) {
    case 'H':
      return write(kinds.hash, args[i + 2], args[i + 3] as Uint8Array);
    case 'A':
      return write(kinds.set, args[i + 2], true);
    case 'Z':
      return write(kinds.zset, args[i + 3], Number((args[i + 2] as string).replace('inf', 'Infinity')));
    case 'h':
      return write(kinds.hash, args[i + 2], null);
    case 'a':
      return write(kinds.set, args[i + 2], null);
    case 'z':
      return write(kinds.zset, args[i + 2], null);
    default:
      return undefined;
  }
}
