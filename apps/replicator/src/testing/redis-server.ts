/**
 * A redis-server of a test: a free loopback port, a temporary folder, ended by its process id.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A running server. */
export interface TestRedis {
  readonly port: number;
  /** Sends one command in inline form and resolves with the first line of the answer. */
  ask(command: string): Promise<string>;
  stop(): Promise<void>;
}

/** A full synchronisation begins at once instead of after 5 s. */
const quick = ['--repl-diskless-sync-delay', '0'];

/** Starts a server without persistence; `args` are those of redis-server. Resolves when it answers. */
export async function startRedis(...args: string[]): Promise<TestRedis> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'entwine-redis-'));
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...quick, ...args];
  const child = spawn('redis-server', options, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const ask = (command: string): Promise<string> => askInline(port, command);
  await waitFor(`redis-server on ${port}`, async () => (await ask('PING')) !== '');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  };
  return { port, ask, stop };
}

/** A loopback port that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Polls until `ready` says so; a rejection counts as not yet. */
export async function waitFor(what: string, ready: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await ready().catch(() => false))) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function askInline(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(chunk.toString().split('\r\n', 1)[0]!);
    });
  });
}
