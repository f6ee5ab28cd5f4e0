/** Which command some words call, and what is said when there is none, to clients and to scripts. */
import type { ModelCommand } from './call.ts';
import { commandTable } from './commands/command-table.ts';
import { type Failure, printed, wrongArity } from './reply.ts';

/** Bytes of a command that an error shows. */
const shown = 128;

/** Commands that consist of others. */
const containers: ReadonlySet<string> = new Set(
  [...commandTable.keys()].filter((name) => name.includes(' ')).map((name) => name.slice(0, name.indexOf(' '))),
);

const notForScripts: ReadonlySet<string> = new Set([
  ...['MULTI', 'EXEC', 'DISCARD', 'WATCH', 'UNWATCH'],
  ...['BLPOP', 'BRPOP', 'BLMOVE', 'BRPOPLPUSH', 'BZPOPMIN', 'BZPOPMAX'],
]);

/** The command that a client calls, or why it cannot. */
export function commandFor(words: readonly string[]): ModelCommand | Failure {
  const command = named(words);
  if (command === undefined) return unknown(words);
  return fits(command, words) ? command : { error: wrongArity(command.name) };
}

/** The command that a script calls, or why it cannot. */
export function scriptCommandFor(words: readonly string[]): ModelCommand | Failure {
  const command = named(words);
  if (command === undefined) return { error: 'ERR Unknown Redis command called from script' };
  if (!fits(command, words)) return { error: 'ERR Wrong number of args calling Redis command from script' };
  return notForScripts.has(command.name) ? { error: 'ERR This Redis command is not allowed from script' } : command;
}

/** The words behind the name. */
export function argumentsOf(command: ModelCommand, words: readonly string[]): readonly string[] {
  return words.slice(command.name.includes(' ') ? 2 : 1);
}

function named([first = '', second]: readonly string[]): ModelCommand | undefined {
  const name = first.toUpperCase();
  return commandTable.get(name) ?? commandTable.get(`${name} ${second?.toUpperCase()}`);
}

function fits({ arity }: ModelCommand, words: readonly string[]): boolean {
  return arity > 0 ? words.length === arity : words.length >= -arity;
}

function unknown(words: readonly string[]): Failure {
  const [given = '', ...rest] = words.map(printed);
  const name = given.toUpperCase();
  if (containers.has(name)) {
    if (rest.length === 0) return { error: wrongArity(name) };
    return { error: `ERR unknown subcommand '${rest[0]!.slice(0, shown)}'. Try ${name} HELP.` };
  }
  let args = '';
  for (const word of rest) if (args.length < shown) args += `'${word.slice(0, shown - args.length)}' `;
  return { error: `ERR unknown command '${given.slice(0, shown)}', with args beginning with: ${args}` };
}
