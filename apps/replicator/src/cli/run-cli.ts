/**
 * The program: arguments in, exit code out. Every command's function is called from here and nowhere else.
 *
 * Rules: usage and configuration errors go to standard error as plain text; an error that nobody expected ends in exit
 * code 1 with its message. It does not end the process; `main.ts` does.
 */
import { ConfigError } from '../config/config-error.ts';
import { type ExitName, exitCodes } from '../exit-codes.ts';
import { version } from '../version.ts';
import { checkCommand } from './check-command.ts';
import { conflictsCommand } from './conflicts-command.ts';
import type { Console } from './console.ts';
import { helpText } from './help-text.ts';
import { outCommand } from './out-command.ts';
import { type CommandLine, parseCommandLine } from './parse-command-line.ts';
import { runCommand } from './run-command.ts';
import { statusCommand } from './status-command.ts';

/** Runs one command line. Resolves with the exit code when the command has ended. */
export async function runCli(args: readonly string[], console: Console): Promise<number> {
  const line = parseCommandLine(args);
  if (line.kind === 'help') {
    console.out(helpText(line.command));
    return exitCodes.ok;
  }
  if (line.kind === 'usage-error') {
    const which = line.command === undefined ? 'entwine' : `entwine ${line.command}`;
    console.err(`entwine: ${line.message}\nTry: ${which} --help\n`);
    return exitCodes.usage;
  }
  try {
    return exitCodes[await dispatch(line, console)];
  } catch (error) {
    if (error instanceof ConfigError) {
      console.err(`${error.message}\n`);
      return exitCodes.config;
    }
    console.err(`entwine: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return exitCodes.unexpected;
  }
}

async function dispatch(line: CommandLine & { kind: 'command' }, console: Console): Promise<ExitName> {
  const config = line.options.config as string | undefined;
  const json = line.options.json === true;
  switch (line.command) {
    case 'version':
      console.out(`entwine ${version} (node ${process.versions.node})\n`);
      return 'ok';
    case 'status':
    case 'out':
    case 'conflicts': {
      const [url, key, since, limit] = ['url', 'key', 'since', 'limit'].map((name) => line.options[name] as string);
      if (config !== undefined && url !== undefined) {
        console.err(`entwine: --config and --url exclude each other\nTry: entwine ${line.command} --help\n`);
        return 'usage';
      }
      if (line.command === 'status') return await statusCommand({ config, url, json }, console);
      if (line.command === 'out') return await outCommand({ config, url, site: line.argument! }, console);
      return await conflictsCommand({ config, url, json, key, since, limit }, console);
    }
    case 'check':
    case 'run':
      if (config === undefined) {
        console.err(`entwine: ${line.command} needs --config FILE\nTry: entwine ${line.command} --help\n`);
        return 'usage';
      }
      return line.command === 'run' ? await runCommand(config, console) : await checkCommand(config, json, console);
  }
}
