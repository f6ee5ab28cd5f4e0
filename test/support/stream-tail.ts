/**
 * A server's replication stream as an onlooker sees it: attaches as a replica that nobody lists, passes over the
 * snapshot, and hands on the bytes that follow. Slow and obvious on purpose: it is what the product's own reader is
 * measured and checked against.
 *
 * It does not reconnect and keeps no position.
 */
import { connect, type Socket } from 'node:net';
import type { RedisServer } from '../../apps/demo/src/lab/index.ts';

export class StreamTail {
  /** Bytes of the stream seen so far. */
  bytes = 0;
  #socket: Socket;
  #offset = 0;
  #acknowledge: NodeJS.Timeout;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#acknowledge = setInterval(() => this.#send('REPLCONF', 'ACK', String(this.#offset)), 1000);
  }

  /** Resolves when the stream begins; every later byte reaches `onBytes`. */
  static async attach(server: RedisServer, onBytes: (bytes: Buffer) => void): Promise<StreamTail> {
    const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    const tail = new StreamTail(socket);
    let rest: Buffer = Buffer.alloc(0);
    const started = Promise.withResolvers<void>();
    let step: Step = 'handshake';
    let snapshot = 0;
    tail.#send('REPLCONF', 'capa', 'psync2');
    const replies = ['+OK', 'FULLRESYNC', '$'];
    socket.on('error', (error) => started.reject(error));
    socket.on('data', (bytes: Buffer) => {
      if (step === 'stream') return tail.#take(bytes, onBytes);
      rest = Buffer.concat([rest, bytes]);
      while (step === 'handshake') {
        const line = takeLine(rest);
        if (line === undefined) return;
        rest = rest.subarray(line.length);
        const text = line.toString('latin1').trim();
        if (text === '') continue;
        if (!text.includes(replies.shift() ?? '')) return started.reject(new Error(`${server.name} said ${text}`));
        if (text === '+OK') tail.#send('PSYNC', '?', '-1');
        else if (text.startsWith('+FULLRESYNC')) tail.#offset = Number(text.split(' ')[2]);
        else {
          snapshot = Number(text.slice(1));
          step = 'snapshot';
        }
      }
      if (rest.length < snapshot) return;
      step = 'stream';
      started.resolve();
      tail.#take(rest.subarray(snapshot), onBytes);
      rest = Buffer.alloc(0);
    });
    await started.promise;
    return tail;
  }

  /** Like `attach`, with the stream cut into commands. */
  static async commands(server: RedisServer, onCommand: (command: string[]) => void): Promise<StreamTail> {
    let rest: Buffer = Buffer.alloc(0);
    return StreamTail.attach(server, (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (let parsed = parseCommand(rest); parsed !== undefined; parsed = parseCommand(rest)) {
        rest = rest.subarray(parsed.bytes);
        onCommand(parsed.command);
      }
    });
  }

  close(): void {
    clearInterval(this.#acknowledge);
    this.#socket.destroy();
  }

  #take(bytes: Buffer, onBytes: (bytes: Buffer) => void): void {
    this.bytes += bytes.length;
    this.#offset += bytes.length;
    if (bytes.length > 0) onBytes(bytes);
  }

  #send(...words: string[]): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`);
  }
}

type Step = 'handshake' | 'snapshot' | 'stream';

/** A line with its line end. */
function takeLine(bytes: Buffer): Buffer | undefined {
  const end = bytes.indexOf('\n');
  return end < 0 ? undefined : bytes.subarray(0, end + 1);
}

/** The first command of the bytes, as latin1 text, and how long it is; undefined when it is not whole yet. */
function parseCommand(bytes: Buffer): { readonly command: string[]; readonly bytes: number } | undefined {
  const head = takeLine(bytes);
  if (head === undefined) return undefined;
  let at = head.length;
  const text = head.toString('latin1').trim();
  if (!text.startsWith('*')) return { command: text === '' ? [] : text.split(' '), bytes: at };
  const command: string[] = [];
  for (let left = Number(text.slice(1)); left > 0; left--) {
    const line = takeLine(bytes.subarray(at));
    if (line === undefined) return undefined;
    const length = Number(line.toString('latin1').slice(1));
    const start = at + line.length;
    if (bytes.length < start + length + 2) return undefined;
    command.push(bytes.toString('latin1', start, start + length));
    at = start + length + 2;
  }
  return { command, bytes: at };
}
