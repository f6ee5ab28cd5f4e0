/** Which commands there are, and which write, as the server itself says. */
import type { RedisServer } from '../../apps/demo/src/lab/index.ts';

type Described = readonly unknown[];

/** Names as the generator table has them: lower case, subcommands behind a bar. */
export async function writeCommandsOf(server: RedisServer): Promise<string[]> {
  return (await described(server)).filter(([, , flags]) => (flags as readonly string[]).includes('write')).map(nameOf);
}

/** Names of all commands, in the same form. */
export async function commandsOf(server: RedisServer): Promise<string[]> {
  return (await described(server)).map(nameOf);
}

async function described(server: RedisServer): Promise<Described[]> {
  const all = (await server.with((client) => client.call('COMMAND'))) as readonly Described[];
  return all.flatMap(leaves).sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}

/** A container has no effect of its own: its subcommands have. */
function leaves(command: Described): Described[] {
  const subcommands = (command[9] ?? []) as readonly Described[];
  return subcommands.length > 0 ? subcommands.flatMap(leaves) : [command];
}

function nameOf([name]: Described): string {
  return String(name).toLowerCase();
}
