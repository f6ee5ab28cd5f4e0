/**
 * What servers really propagate, for each write command, and that all of it is translated. On the installed redis-server,
 * and on every version that `npm run servers` has built.
 */
import { commandTable } from '@entwine/core';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RedisServer, temporaryFolder, waitFor } from '../../apps/demo/src/lab/index.ts';
import { commandsOf } from '../../packages/core/test-support/commands.ts';
import { recordCommand } from '../../packages/core/test-support/recorded-unit.ts';
import { librariesOf } from '../../packages/engine/src/key-content.ts';
import { isBuilt, whetherBuilt } from '../support/is-built.ts';
import { StreamTail } from '../support/stream-tail.ts';
import { examples, newOptions, sometimesRewritten, withoutExample } from './examples.ts';
import { writeCommandsOf } from './write-commands-of.ts';

const versions = ['redis-8.0', 'redis-8.6', 'valkey-8', 'valkey-9'] as const;
const library = '#!lua name=mine\nredis.register_function("f", function() return 1 end)';
const later = 4_102_444_800_000;
const controls: ReadonlySet<string> = new Set(['SELECT', 'MULTI', 'EXEC', 'PING', 'REPLCONF']);

describe('the installed redis-server', () => {
  checkServer(undefined);
});

describe.each(versions)('%s', (version) => {
  describe.skipIf(!isBuilt(version))(whetherBuilt(version), () => {
    checkServer(version);
  });
});

function checkServer(binary: string | undefined): void {
  let server: RedisServer;
  let client: Redis;
  let tail: StreamTail;
  let known: readonly string[];
  const seen: string[][] = [];

  beforeAll(async () => {
    const options = binary === undefined ? {} : { binary };
    server = await RedisServer.start({ name: 'propagates', folder: temporaryFolder('propagation'), ...options });
    client = server.client();
    known = await writeCommandsOf(client);
    tail = await StreamTail.commands(server, (command) => seen.push(command));
  });

  afterAll(async () => {
    tail?.close();
    await server?.stop();
  });

  test('every command that writes has a row', () => {
    expect(known.length).toBeGreaterThan(100);
    expect(known.filter((name) => !commandTable.has(name))).toEqual([]);
  });

  test('every command that writes has an example', () => {
    const tried = new Set(examples.map((lines) => nameOf(lines.at(-1)!)));
    expect(known.filter((name) => !tried.has(name) && !(name in withoutExample))).toEqual([]);
  });

  test.each(examples.map((lines) => ({ lines, title: lines.join('; ') })))('$title', async ({ lines }) => {
    const example = lines.at(-1)!;
    const name = nameOf(example);
    if (!lines.every((line) => isKnown(nameOf(line)))) return;
    await client.call('FLUSHALL');
    await client.call('FUNCTION', 'FLUSH');
    for (const line of lines.slice(0, -1)) await run(line);
    await run('PUBLISH mark before');
    const refused = await run(example).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refused !== undefined && !newOptions.has(example)) throw refused;
    await run('PUBLISH mark after');
    const propagated = await betweenMarks();
    if (refused !== undefined) return;
    const row = commandTable.get(name);
    const names = propagated.map((command) => (commandTable.has(subName(command)) ? subName(command) : upper(command)));
    const told = propagated.map((command) => recordCommand(commandsOf(command)[0]!, undefined, librariesOf));
    expect(row).toBeDefined();
    if (row?.family !== 'local') {
      if (sometimesRewritten.has(name)) expect(names).toHaveLength(1);
      else if (row?.arrives === undefined) expect(names).toContain(name);
      else expect(names.filter((one) => one === name)).toEqual([]);
      expect(names).not.toEqual([]);
    }
    const untold = told.flat().filter((line) => line.startsWith('?'));
    expect(untold).toEqual(row?.family === 'untold' ? [`?${name.split('|')[0]}`] : []);
  });

  const isKnown = (name: string): boolean => known.includes(name) || /^(PFCOUNT|S?PUBLISH)$/.test(name);

  async function run(line: string): Promise<void> {
    const words: (string | Buffer)[] = [];
    for (const word of line.split(' ')) words.push(await meant(word));
    await client.call(words[0] as string, ...words.slice(1));
  }

  async function meant(word: string): Promise<string | Buffer> {
    if (word === "''") return '';
    if (word === '{code}') return library;
    if (word === '{dump}') return (await client.callBuffer('DUMP', 'k')) as Buffer;
    if (word === '{functions}') return (await client.callBuffer('FUNCTION', 'DUMP')) as Buffer;
    return word.replace('{laterS}', String(later / 1000)).replace('{later}', String(later));
  }

  async function betweenMarks(): Promise<string[][]> {
    const isMark = (command: string[], which: string): boolean =>
      command[1] === 'mark' && command[2] === which && upper(command) === 'PUBLISH';
    await waitFor('the example has been seen', () => seen.some((command) => isMark(command, 'after')));
    const all = seen.splice(0);
    const from = all.findIndex((command) => isMark(command, 'before'));
    const to = all.findIndex((command) => isMark(command, 'after'));
    return all.slice(from + 1, to).filter((command) => !controls.has(upper(command)));
  }
}

function upper(command: readonly string[]): string {
  return command[0]!.toUpperCase();
}

function subName(command: readonly string[]): string {
  return command.slice(0, 2).join('|').toUpperCase();
}

/** `FUNCTION|LOAD` of a line. */
function nameOf(line: string): string {
  const words = line.split(' ');
  return commandTable.has(subName(words)) ? subName(words) : upper(words);
}
