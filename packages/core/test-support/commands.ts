/** Commands for tests: arguments become bytes of a stream, and the real decoder makes commands of them. */
import type { Command } from '../src/resp/command.ts';
import { StreamDecoder } from '../src/resp/stream-decoder.ts';

/** The commands that a stream with these argument lists holds. Strings are byte strings. */
export function commandsOf(...lists: readonly (readonly string[])[]): Command[] {
  const text = lists
    .map((args) => `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`)
    .join('');
  const decoder = new StreamDecoder(0);
  decoder.push(Uint8Array.from(text, (char) => char.charCodeAt(0)));
  const commands: Command[] = [];
  for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
    if ('code' in next) throw new Error(next.message);
    commands.push(next);
  }
  if (commands.length !== lists.length) throw new Error(`${lists.length} lists gave ${commands.length} commands`);
  return commands;
}
