/** Asks a live server whether a replica might go on from somewhere, and hears no more than its answer and what follows at once. */
import { connect } from 'node:net';
import type { RedisServer } from '../../apps/demo/src/lab/index.ts';
import type { ResumePoint } from '../../packages/testkit/src/redis-model/replication-log.ts';

export interface LiveAnswer {
  readonly mode: 'continue' | 'full' | 'refused';
  /** Empty when refused. */
  readonly replicationId: string;
  /** Of a continuation: the bytes that follow, as far as they were waited for. */
  readonly bytes: string;
}

/** @param bytes - how many bytes of a continued stream to wait for */
export function askPsync(server: RedisServer, point: ResumePoint, bytes: number = 0): Promise<LiveAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<LiveAnswer>();
  const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
  let text = '';
  socket.on('error', reject);
  socket.on('close', () => reject(new Error(`${server.name} closed the connection after ${JSON.stringify(text)}`)));
  socket.on('connect', () => socket.write('REPLCONF capa psync2\r\n'));
  socket.on('data', (chunk: Buffer) => {
    const isFirst = text === '';
    text += chunk.toString('latin1');
    if (isFirst) socket.write(`PSYNC ${point.replicationId} ${point.offset + 1}\r\n`);
    const refusal = /^\+OK\r\n\n*-(.*)\r\n/.exec(text);
    if (refusal !== null) {
      resolve({ mode: 'refused', replicationId: '', bytes: refusal[1]! });
      socket.destroy();
    }
    const answer = /^\+OK\r\n\n*\+(CONTINUE|FULLRESYNC) (\w{40}).*?\r\n/.exec(text);
    if (answer === null) return;
    const mode = answer[1] === 'CONTINUE' ? 'continue' : 'full';
    const rest = text.slice(answer[0].length);
    if (mode === 'continue' && rest.length < bytes) return;
    resolve({ mode, replicationId: answer[2]!, bytes: rest });
    socket.destroy();
  });
  return promise;
}
