/**
 * A short command as RESP bytes: for questions, not for the applier's batches (see `target/command-encoder.ts`).
 */

/** Encodes one command whose arguments are text; passwords may hold any character, so it is UTF-8. */
export function encodeText(args: readonly string[]): Buffer {
  let text = `*${args.length}\r\n`;
  for (const arg of args) text += `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`;
  return Buffer.from(text);
}
