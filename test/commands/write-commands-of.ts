/** The names of the commands that a server flags as writing, a subcommand as `XGROUP|CREATE`. */
import type { Redis } from 'ioredis';

/** The first elements of an entry of COMMAND; its subcommands, such entries too, stand further back. */
type Entry = readonly [name: string, arity: number, flags: readonly string[], ...rest: unknown[]];

const subcommandsAt = 9;

export async function writeCommandsOf(client: Redis): Promise<string[]> {
  return writing((await client.call('COMMAND')) as Entry[]);
}

function writing(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) => {
    const own = entry[2].includes('write') ? [entry[0].toUpperCase()] : [];
    return [...own, ...writing((entry[subcommandsAt] ?? []) as readonly Entry[])];
  });
}
