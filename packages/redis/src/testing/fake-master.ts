/**
 * A server of a test that plays a master up to PSYNC, and then does what the test says; never exported.
 *
 * Rules: it records every command with whether it came alone, and answers as
 * `answer` and `answers` say, the rest with +OK. It checks nothing.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { freePort } from './redis-server.ts';

/** Plays one master. */
export class FakeMaster {
  readonly port: number;
  /** Commands in order, as text; those that came behind another in the same read are marked with `+`. */
  readonly commands: string[] = [];
  /** Answers by command name, as bytes on the wire. */
  readonly answers: Record<string, string> = {};
  /** Answers that change from call to call; undefined leaves it to `answers`. */
  answer: (command: readonly string[]) => string | undefined = () => undefined;
  /** What happens at PSYNC. */
  psync: (socket: Socket) => void | Promise<void> = () => {};
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();

  private constructor(port: number) {
    this.port = port;
    this.#server = createServer((socket) => this.#serve(socket));
    this.info('redis_version:7.0.15');
  }

  static async start(): Promise<FakeMaster> {
    const master = new FakeMaster(await freePort());
    await new Promise<void>((resolve) => master.#server.listen(master.port, '127.0.0.1', resolve));
    return master;
  }

  /** Sets the lines of INFO that differ from an idle master's. */
  info(...lines: string[]): void {
    const text = ['run_id:fake', 'role:master', `master_replid:${'a'.repeat(40)}`, ...lines].join('\r\n');
    this.answers.INFO = `$${text.length}\r\n${text}\r\n`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const [i, command] of parse(chunk.toString('latin1')).entries()) {
        this.commands.push((i > 0 ? '+' : '') + command.join(' '));
        const name = command[0]!.toUpperCase();
        const chosen = this.answer(command);
        if (chosen !== undefined) socket.write(chosen);
        else if (name === 'PSYNC') void this.psync(socket);
        else if (name === 'PING') socket.write('+PONG\r\n');
        else if (command[1] !== 'ACK') socket.write(this.answers[name] ?? '+OK\r\n');
      }
    });
  }
}

/** Commands of a read; none is ever split in these tests. */
function parse(text: string): string[][] {
  const commands: string[][] = [];
  const lines = text.split('\r\n');
  for (let at = 0; at < lines.length - 1; ) {
    const count = Number(lines[at++]!.slice(1));
    const command: string[] = [];
    for (let i = 0; i < count; i++, at += 2) command.push(lines[at + 1]!);
    commands.push(command);
  }
  return commands;
}
