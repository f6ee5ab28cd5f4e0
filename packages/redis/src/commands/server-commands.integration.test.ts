import type { Command, ServerCommands } from '@entwine/core';
import { afterEach, describe, expect, it } from 'vitest';
import { aclLines } from '../inspect/acl-lines.ts';
import { RedisServer, stopAllServers, until } from '../testing/redis-server.ts';
import { createServerCommands } from './server-commands.ts';

const open: ServerCommands[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((commands) => commands.close()));
  await stopAllServers();
});

function ask(...options: Parameters<typeof createServerCommands>): ServerCommands {
  const commands = createServerCommands(...options);
  open.push(commands);
  return commands;
}

function command(...words: readonly string[]): Command {
  const bytes = Buffer.from(words.join(''));
  let at = 0;
  const spans = words.flatMap((word) => {
    at += word.length;
    return [at - word.length, at];
  });
  return { name: words[0]!.toUpperCase(), bytes, spans, start: 0, end: 0 };
}

describe('createServerCommands', () => {
  it('tells what the server tells, subcommands included, and nothing of what it does not', async () => {
    const server = await RedisServer.start();
    const commands = ask({ redis: [server.endpoint] });
    expect(commands.find(command('copy', 'a', 'b'))).toBeUndefined();
    const copy = await until('loaded', () => commands.find(command('copy', 'a', 'b')));
    expect(copy).toMatchObject({ family: 'unknown', keys: [{ readOnly: true }, { readOnly: false }] });
    expect(commands.find(command('copy'))).toBe(copy);
    expect(commands.find(command('xgroup', 'create', 'k'))?.keys).toMatchObject([{ begin: { type: 'index', at: 2 } }]);
    expect(commands.find(command('nosuch', 'k'))).toBeUndefined();
  });

  it('a renamed command is found once its new name has turned up', async () => {
    const server = await RedisServer.start(['--rename-command', 'SETRANGE', 'PUTRANGE']);
    const commands = ask({ redis: [server.endpoint] });
    const row = await until('found', () => commands.find(command('putrange', 'k', '0', 'v')));
    expect(row.keys).toMatchObject([{ begin: { type: 'index', at: 1 } }]);
  });

  it('waits for a server, may be told to ask again, and needs no more rights than are named', async () => {
    const server = await RedisServer.start();
    await server.ask(...aclLines('cap').capture.replace('>PASSWORD', '>secret').split(' '));
    const commands = ask({ redis: [{ ...server.endpoint, username: 'cap', password: 'secret' }] });
    await until('loaded', () => commands.find(command('set', 'k', 'v')));
    commands.refresh();
    expect(commands.find(command('set', 'k', 'v'))).toBeDefined();
    const nobody = ask({ redis: [{ host: '127.0.0.1', port: 1 }] });
    expect(nobody.find(command('set', 'k', 'v'))).toBeUndefined();
    const refused = ask({ redis: [{ ...server.endpoint, username: 'cap', password: 'wrong' }] });
    expect(refused.find(command('set', 'k', 'v'))).toBeUndefined();
  });
});
