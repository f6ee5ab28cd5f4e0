/**
 * A connection that sends exactly the commands it is given, MULTI and SELECT included, any number at once, and hands
 * back the replies in order. Error replies are values. It does not reconnect: a lost connection rejects.
 */
import { connect, type Socket } from 'node:net';
import { ErrorReply, ReplyParser } from '../../packages/redis/src/connection/reply-parser.ts';
import type { Words } from './row.ts';

/** An error that the server replied. */
export class Refused extends Error {}

export type Reply = string | number | null | Refused | readonly Reply[];

export class RawConnection {
  #socket: Socket;
  #parser = new ReplyParser();
  #waiting: PromiseWithResolvers<Reply>[] = [];
  #ended: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('the server closed the connection')));
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawConnection(socket);
  }

  async call(...words: string[]): Promise<Reply> {
    const [reply] = await this.send([words]);
    return reply ?? null;
  }

  /** Sends all in one write. */
  send(commands: readonly Words[]): Promise<Reply[]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const replies = commands.map(() => Promise.withResolvers<Reply>());
    this.#waiting.push(...replies);
    if (commands.length > 0) this.#socket.write(commands.map(encode).join(''), 'latin1');
    return Promise.all(replies.map(({ promise }) => promise));
  }

  close(): void {
    this.#end(new Error('closed'));
  }

  #read(chunk: Buffer): void {
    this.#parser.push(chunk);
    while (this.#waiting.length > 0) {
      const result = this.#parser.next();
      if (result.kind === 'need-more') return;
      if (result.kind === 'malformed') {
        this.#end(new Error(`no reply: ${result.start}`));
        return;
      }
      this.#waiting.shift()?.resolve(replyOf(result.reply));
    }
  }

  #end(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#socket.destroy();
    for (const { promise, reject } of this.#waiting.splice(0)) {
      promise.catch(() => {});
      reject(error);
    }
  }
}

function replyOf(reply: unknown): Reply {
  if (reply instanceof ErrorReply) return new Refused(reply.message);
  return Array.isArray(reply) ? reply.map(replyOf) : (reply as Reply);
}

function encode(words: Words): string {
  let text = `*${words.length}\r\n`;
  for (const word of words) text += `$${word.length}\r\n${word}\r\n`;
  return text;
}
