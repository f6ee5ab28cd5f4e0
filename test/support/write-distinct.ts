/** Many plain writes, each to a key of its own and each a unit of its own, in pipelines. */
import type { RedisServer } from '../../apps/demo/src/lab/index.ts';

const pipelineLength = 1000;

/** SETs `count` keys named after `prefix`; returns when all are confirmed. */
export async function writeDistinct(server: RedisServer, prefix: string, count: number): Promise<void> {
  await server.with(async (client) => {
    for (let done = 0; done < count; done += pipelineLength) {
      const commands: string[][] = [];
      for (let i = done; i < Math.min(count, done + pipelineLength); i++) {
        commands.push(['set', `${prefix}:${i}`, `value ${i}`]);
      }
      const results = await client.pipeline(commands).exec();
      const failed = results?.find(([error]) => error !== null);
      if (failed !== undefined) throw failed[0];
    }
  });
}
