/**
 * Commands as RESP bytes, quickly: the applier's hot path.
 *
 * Rules: strings are byte strings (latin1, a character a byte), byte arrays go as they are. Commands are written one
 * behind the other into slabs that are never reused, so the bytes returned stay valid for as long as somebody holds
 * them; a slab goes when the last command in it has been sent. Short strings are copied in a loop, longer ones by
 * `write`, whose call costs about as much as 24 characters in a loop. No quoting, no UTF-8, no numbers.
 */

/** Bytes of a slab; a command that needs more than a quarter of it gets a buffer of its own. */
export const slabBytes: number = 1024 * 1024;

/** Strings up to this length are copied in a loop. */
const loopLength = 24;
/** `$` or `*`, up to 10 digits, CR LF; and the CR LF behind the argument. */
const maxOverhead = 15;

/** Encodes commands. */
export class CommandEncoder {
  #slab: Buffer = Buffer.allocUnsafeSlow(slabBytes);
  #used = 0;

  /**
   * One command: `head`, `key`, `args`. @param head - its first arguments, already encoded without the `*` line (see
   * {@link encodeHead}). @param headCount - how many arguments `head` holds.
   */
  encode(head: Buffer, headCount: number, key: string, args: readonly (string | Uint8Array)[]): Buffer {
    let bound = head.length + key.length + 2 * maxOverhead;
    for (let i = 0; i < args.length; i++) bound += args[i]!.length + maxOverhead;
    const own = bound > slabBytes / 4;
    if (!own && this.#used + bound > slabBytes) {
      this.#slab = Buffer.allocUnsafeSlow(slabBytes);
      this.#used = 0;
    }
    const bytes = own ? Buffer.allocUnsafeSlow(bound) : this.#slab;
    const start = own ? 0 : this.#used;
    let at = writeNumber(bytes, start, 42, headCount + 1 + args.length);
    bytes.set(head, at);
    at = writeArgument(bytes, at + head.length, key);
    for (let i = 0; i < args.length; i++) at = writeArgument(bytes, at, args[i]!);
    if (!own) this.#used = at;
    return bytes.subarray(start, at);
  }
}

/** The first arguments of a command, as {@link CommandEncoder.encode} takes them. */
export function encodeHead(args: readonly (string | Uint8Array)[]): Buffer {
  let bound = 0;
  for (const arg of args) bound += arg.length + maxOverhead;
  const bytes = Buffer.allocUnsafeSlow(bound);
  let at = 0;
  for (const arg of args) at = writeArgument(bytes, at, arg);
  return bytes.subarray(0, at);
}

function writeArgument(bytes: Buffer, start: number, arg: string | Uint8Array): number {
  const length = arg.length;
  let at = writeNumber(bytes, start, 36, length);
  if (typeof arg !== 'string') bytes.set(arg, at);
  else if (length > loopLength) bytes.write(arg, at, 'latin1');
  else for (let i = 0; i < length; i++) bytes[at + i] = arg.charCodeAt(i);
  at += length;
  bytes[at] = 13;
  bytes[at + 1] = 10;
  return at + 2;
}

/** Writes a type byte, a number and CR LF. */
function writeNumber(bytes: Buffer, start: number, type: number, value: number): number {
  bytes[start] = type;
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  let rest = value;
  for (let i = digits; i > 0; i--) {
    bytes[start + i] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  bytes[start + digits + 1] = 13;
  bytes[start + digits + 2] = 10;
  return start + digits + 3;
}
