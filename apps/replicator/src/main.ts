#!/usr/bin/env node
/**
 * The executable `entwine`. It only connects the process to `runCli` and ends with its code.
 */
import { processConsole } from './cli/console.ts';
import { runCli } from './cli/run-cli.ts';

const code = await runCli(process.argv.slice(2), processConsole());
// Ends even if something still holds the event loop; what was written goes out first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
