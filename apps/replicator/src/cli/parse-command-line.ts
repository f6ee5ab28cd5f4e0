/**
 * The command line as a value: which command with which options, or what is wrong with it.
 *
 * Rules: options may stand before or after the command; each at most once; anything not in the command table is an error
 * that names the nearest thing that is. Nothing is read or run here.
 */
import { parseArgs } from 'node:util';
import { suggestName } from '../nearest-name.ts';
import { type CommandName, commandNames, commandTable, helpOption, type OptionSpec } from './command-table.ts';

/** What was asked for. */
export type CommandLine =
  | { readonly kind: 'help'; readonly command: CommandName | undefined }
  | {
      readonly kind: 'command';
      readonly command: CommandName;
      /** What stands behind the command, where it takes something. */
      readonly argument?: string;
      /** Values of options by name; a flag that was given is `true`. */
      readonly options: Readonly<Record<string, string | true>>;
    }
  | { readonly kind: 'usage-error'; readonly message: string; readonly command: CommandName | undefined };

const shortForms: Readonly<Record<string, string>> = { h: 'help', c: 'config' };

/** Reads the arguments after the program's name. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { tokens } = parseArgs({
    args: [...args],
    options: knownOptions(),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const words = tokens.filter((token) => token.kind === 'positional').map((token) => token.value);
  const options = tokens.filter((token) => token.kind === 'option');
  const asked = words[0];
  const command = commandNames.find((name) => name === asked);
  if (asked !== undefined && asked !== 'help' && command === undefined) {
    return usageError(`unknown command "${asked}". ${suggestName(asked, commandNames)}`, undefined);
  }
  if (asked === 'help') return { kind: 'help', command: commandNames.find((name) => name === words[1]) };
  if (options.some((option) => option.name === 'help' || option.name === 'h')) return { kind: 'help', command };
  if (command === undefined) {
    if (options.some((option) => option.name === 'version'))
      return { kind: 'command', command: 'version', options: {} };
    const first = options[0];
    if (first === undefined) return usageError('no command is given', undefined);
    return usageError(`unknown option "${first.rawName}". ${suggestName(first.name, ['help', 'version'])}`, undefined);
  }
  const line = collectOptions(command, options);
  if (line.kind !== 'command') return line;
  const { argument } = commandTable[command];
  const [, given, unexpected] = argument === undefined ? [undefined, undefined, words[1]] : words;
  if (unexpected !== undefined) return usageError(`unexpected argument "${unexpected}"`, command);
  if (argument !== undefined && given === undefined) return usageError(`${command} needs ${argument}`, command);
  return given === undefined ? line : { ...line, argument: given };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function collectOptions(command: CommandName, tokens: readonly OptionToken[]): CommandLine {
  const known: readonly OptionSpec[] = [...commandTable[command].options, helpOption];
  const out: Record<string, string | true> = {};
  for (const token of tokens) {
    const name = token.rawName.startsWith('--') ? token.name : (shortForms[token.name] ?? token.name);
    const spec = known.find((option) => option.name === name);
    if (spec === undefined) {
      const names = known.map((option) => option.name);
      return usageError(`unknown option "${token.rawName}" of ${command}. ${suggestName(name, names)}`, command);
    }
    if (out[name] !== undefined) return usageError(`option --${name} stands twice`, command);
    if (spec.value === undefined) {
      if (token.value !== undefined) return usageError(`option --${name} takes no value`, command);
      out[name] = true;
    } else {
      if (token.value === undefined || token.value === '')
        return usageError(`option --${name} needs ${spec.value}`, command);
      out[name] = token.value;
    }
  }
  return { kind: 'command', command, options: out };
}

/** Every option of every command, so that `parseArgs` knows which of them take a value. */
function knownOptions(): Record<string, { type: 'string' | 'boolean'; short?: string }> {
  const out: Record<string, { type: 'string' | 'boolean'; short?: string }> = { version: { type: 'boolean' } };
  const shortOf = new Map(Object.entries(shortForms).map(([short, name]) => [name, short]));
  for (const option of [...commandNames.flatMap((name) => commandTable[name].options), helpOption]) {
    const short = shortOf.get(option.name);
    out[option.name] = {
      type: option.value === undefined ? 'boolean' : 'string',
      ...(short === undefined ? {} : { short }),
    };
  }
  return out;
}

function usageError(message: string, command: CommandName | undefined): CommandLine {
  return { kind: 'usage-error', message, command };
}
