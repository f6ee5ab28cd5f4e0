/**
 * A live server and a model that are held to be the same: both are sent the same commands, and must have the same place in
 * the same history, and answer the same to every replica that wants to go on.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RedisServer } from '../../apps/demo/src/lab/index.ts';
import { waitFor } from '../../apps/demo/src/lab/index.ts';
import { toByteString } from '../../packages/core/src/index.ts';
import { answerPsync, RedisModel, type RedisModelOptions } from '../../packages/testkit/src/index.ts';
import type { ResumePoint } from '../../packages/testkit/src/redis-model/replication-log.ts';
import { RawConnection } from '../differential/raw-connection.ts';
import { askPsync, type LiveAnswer } from './ask-psync.ts';

/** What a live server tells of its history. */
interface History {
  readonly replicationId: string;
  readonly end: number;
  readonly secondId: string;
  readonly secondOffset: number;
}

const noId = '0'.repeat(40);

/** Ids of live servers, by the ids that stand for them at models. */
export class Ids {
  readonly #live = new Map<string, string>([[noId, noId]]);
  #count = 0;

  /** A new id for a model. */
  make(): string {
    return String(++this.#count).padStart(40, 'f');
  }

  pair(model: string, live: string): void {
    this.#live.set(model, live);
  }

  live(model: string): string {
    return this.#live.get(model) ?? 'a'.repeat(40);
  }

  get models(): string[] {
    return [...this.#live.keys()].filter((id) => id !== noId);
  }
}

export class ServerPair {
  readonly live: RedisServer;
  readonly ids: Ids;
  model: RedisModel;

  constructor(live: RedisServer, model: RedisModel, ids: Ids) {
    this.live = live;
    this.model = model;
    this.ids = ids;
  }

  /** Sends both the same commands, each a line of words. */
  async run(...lines: readonly string[]): Promise<void> {
    const connection = await RawConnection.open(this.live.port);
    const client = this.model.connect();
    for (const line of lines) this.model.execute(client, line.split(' '));
    await connection.send(lines.map((line) => line.split(' ')));
    connection.close();
  }

  /** The live server has begun a history of its own: the model's id stands for that one. */
  async learnId(): Promise<void> {
    this.ids.pair(this.model.log.replicationId, (await historyOf(this.live)).replicationId);
  }

  /** Waits until the live server tells of the same place in the same histories as the model. */
  async sameHistory(): Promise<void> {
    const { log } = this.model;
    const ours: History = {
      ...{ replicationId: this.ids.live(log.replicationId), end: log.end },
      ...{ secondId: this.ids.live(log.secondId), secondOffset: log.secondOffset },
    };
    let told = '';
    const isSame = async (): Promise<boolean> => {
      told = JSON.stringify(await historyOf(this.live));
      return told === JSON.stringify(ours);
    };
    await waitFor(`${this.live.name} tells of ${JSON.stringify(ours)}`, isSame, { describe: () => told });
  }

  /** Asks both from where one may go on, at every place where the answer might change. */
  async sameAnswers(): Promise<void> {
    const { start, end, secondOffset } = this.model.log;
    const offsets = [start, end, secondOffset - 1].flatMap((at) => [at - 1, at, at + 1]).filter((at) => at >= 0);
    const points = [...this.ids.models, 'c'.repeat(40)].flatMap((replicationId) =>
      [...new Set(offsets)].map((offset): ResumePoint => ({ replicationId, offset })),
    );
    for (const point of points) await this.#sameAnswer(point);
  }

  async #sameAnswer(point: ResumePoint): Promise<void> {
    const ours = this.#answer(point);
    const asked = { replicationId: this.ids.live(point.replicationId), offset: point.offset };
    const live = await askPsync(this.live, asked, ours.mode === 'continue' ? ours.bytes.length : 0);
    if (isDeepStrictEqual(live.mode === 'full' ? { ...live, bytes: '' } : live, ours)) return;
    throw new Error(
      `${JSON.stringify(point)}: ${this.live.name} ${JSON.stringify(live)}, the model ${JSON.stringify(ours)}`,
    );
  }

  #answer(point: ResumePoint): LiveAnswer {
    const answer = answerPsync(this.model, point);
    if (answer.mode === 'refused') return { mode: 'refused', replicationId: '', bytes: answer.error };
    const { log } = this.model;
    const bytes = answer.mode === 'continue' ? toByteString(log.bytes(point.offset)) : '';
    return { mode: answer.mode, replicationId: this.ids.live(log.replicationId), bytes };
  }
}

async function historyOf(server: RedisServer): Promise<History> {
  const info = await server.info('replication');
  return {
    ...{ replicationId: info.get('master_replid')!, end: Number(info.get('master_repl_offset')) },
    ...{ secondId: info.get('master_replid2')!, secondOffset: Number(info.get('second_repl_offset')) },
  };
}

/** A model that begins with nothing. */
export function emptyModel(ids: Ids): RedisModel {
  return new RedisModel(modelOptions(ids));
}

export function modelOptions(ids: Ids): RedisModelOptions {
  return { replicationId: ids.make(), now: Date.now, random: Math.random };
}
