import { describe, expect, test } from 'vitest';
import { commandNames, commandTable } from './command-table.ts';
import { helpText } from './help-text.ts';
import { parseCommandLine } from './parse-command-line.ts';

describe('parseCommandLine', () => {
  test.each<[string, object]>([
    ['run --config f', { kind: 'command', command: 'run', options: { config: 'f' } }],
    ['run --config=f', { kind: 'command', command: 'run', options: { config: 'f' } }],
    ['run -c f', { kind: 'command', command: 'run', options: { config: 'f' } }],
    ['--config f check --json', { kind: 'command', command: 'check', options: { config: 'f', json: true } }],
    ['status', { kind: 'command', command: 'status', options: {} }],
    ['status --url http://h:1', { kind: 'command', command: 'status', options: { url: 'http://h:1' } }],
    ['conflicts --key k --since 2h --limit 5', { kind: 'command', options: { key: 'k', since: '2h', limit: '5' } }],
    ['out b --url http://h:1', { kind: 'command', command: 'out', argument: 'b', options: { url: 'http://h:1' } }],
    ['version', { kind: 'command', command: 'version' }],
    ['--version', { kind: 'command', command: 'version' }],
    ['--help', { kind: 'help', command: undefined }],
    ['help', { kind: 'help', command: undefined }],
    ['help run', { kind: 'help', command: 'run' }],
    ['run --help', { kind: 'help', command: 'run' }],
    ['run -h --bad', { kind: 'help', command: 'run' }],
  ])('%s', (line, expected) => {
    expect(parseCommandLine(line.split(' '))).toMatchObject(expected);
  });

  test.each<[string, string]>([
    ['', 'no command is given'],
    ['rnu', 'unknown command "rnu". Did you mean "run"?'],
    ['frobnicate', 'unknown command "frobnicate". Known: run, check, status, conflicts, out, version.'],
    ['--verison', 'unknown option "--verison". Did you mean "version"?'],
    ['run --confg f', 'unknown option "--confg" of run. Did you mean "config"?'],
    ['run --json', 'unknown option "--json" of run.'],
    ['run --config', 'option --config needs FILE'],
    ['run --config=', 'option --config needs FILE'],
    ['run --config a --config b', 'option --config stands twice'],
    ['check --json=yes', 'option --json takes no value'],
    ['run x', 'unexpected argument "x"'],
    ['out', 'out needs SITE'],
    ['out b c', 'unexpected argument "c"'],
    ['run -x', 'unknown option "-x" of run'],
  ])('refuses "%s"', (line, message) => {
    const parsed = parseCommandLine(line === '' ? [] : line.split(' '));
    expect(parsed).toMatchObject({ kind: 'usage-error', message: expect.stringContaining(message) });
  });
});

describe('helpText', () => {
  test('the program: every command and every exit code', () => {
    const text = helpText(undefined);
    for (const name of commandNames) expect(text).toContain(commandTable[name].summary);
    expect(text).toMatch(/Exit codes:\n {3}0 {2}done/);
    expect(text).toMatch(/\n {2}12 {2}/);
  });

  test.each(commandNames)('%s: its usage, its options, the exit codes', (name) => {
    const text = helpText(name);
    expect(text).toContain(commandTable[name].usage);
    for (const option of commandTable[name].options) expect(text).toContain(`--${option.name}`);
    expect(text).toContain('--help');
    expect(text).toContain('Exit codes:');
    expect(text.endsWith('\n')).toBe(true);
  });
});
