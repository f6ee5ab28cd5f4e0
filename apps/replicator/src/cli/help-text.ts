/**
 * Help texts, made from the command table, the configuration keys and the exit codes.
 */
import { configKeys } from '../config/config-keys.ts';
import { exitCodeTable } from '../exit-codes.ts';
import { type CommandName, commandNames, commandTable, helpOption, type OptionSpec } from './command-table.ts';

/** The help of a command, or of the program. */
export function helpText(command: CommandName | undefined): string {
  return command === undefined ? programHelp() : commandHelp(command);
}

function programHelp(): string {
  const width = Math.max(...commandNames.map((name) => name.length));
  return [
    'entwine: multi-site replication for Redis and Valkey',
    '',
    'Usage: entwine COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...commandNames.map((name) => `  ${name.padEnd(width)}  ${commandTable[name].summary}`),
    '',
    'entwine COMMAND --help tells more about one. entwine --version prints the version.',
    '',
    'Exit codes:',
    exitCodeTable(),
    '',
  ].join('\n');
}

function commandHelp(name: CommandName): string {
  const spec = commandTable[name];
  const parts = [
    `entwine ${name}: ${spec.summary}`,
    '',
    `Usage: ${spec.usage}`,
    '',
    spec.detail,
    '',
    optionTable(spec.options),
  ];
  if (name === 'run') parts.push('', 'Configuration keys (default in brackets; * must be there):', keyTable());
  return [...parts, '', 'Exit codes:', exitCodeTable(), ''].join('\n');
}

function optionTable(options: readonly OptionSpec[]): string {
  const all = [...options, helpOption];
  const left = all.map((option) =>
    option.value === undefined ? `--${option.name}` : `--${option.name} ${option.value}`,
  );
  const width = Math.max(...left.map((text) => text.length));
  return ['Options:', ...all.map((option, index) => `  ${left[index]!.padEnd(width)}  ${option.meaning}`)].join('\n');
}

function keyTable(): string {
  const width = Math.max(...configKeys.map((key) => key.path.length));
  return configKeys
    .map(
      (key) => `  ${key.path.padEnd(width)}  ${key.meaning} ${key.standard === undefined ? '*' : `[${key.standard}]`}`,
    )
    .join('\n');
}
