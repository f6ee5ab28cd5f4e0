/** The story of a job queue: pushed to, worked on and partitioned at two sites. A job may be done twice; none is lost. */
import type { Case } from '../support/case.ts';
import type { Stage } from '../support/stage.ts';

interface Queue {
  readonly waiting: string;
  readonly working: string;
  readonly done: Map<string, number>;
}

/** Takes a job, does it, and takes it off the list of those being worked on. Returns whether there was one. */
async function work(stage: Stage, site: string, queue: Queue, goesDown: boolean): Promise<boolean> {
  const job = await stage.do(site, 'BRPOPLPUSH', queue.waiting, queue.working, '0.05');
  if (typeof job !== 'string') return false;
  // A worker that goes down leaves its job on the list.
  if (goesDown) return true;
  queue.done.set(job, (queue.done.get(job) ?? 0) + 1);
  await stage.do(site, 'LREM', queue.working, 1, job);
  return true;
}

/** What workers that went down have left goes back to those that wait. */
async function takeBack(stage: Stage, site: string, { waiting, working }: Queue): Promise<void> {
  while ((await stage.do(site, 'RPOPLPUSH', working, waiting)) !== null);
}

export const queues: readonly Case[] = [
  {
    name: 'job-queue',
    title: 'a queue by LPUSH, BRPOPLPUSH and LREM with workers at two sites and partitions loses no job',
    own: { names: ['a', 'b'] },
    run: async (stage) => {
      const queue: Queue = { waiting: stage.key('waiting'), working: stage.key('working'), done: new Map() };
      const jobs: string[] = [];
      for (let round = 0; round < 30; round++) {
        if (stage.random.chance(0.3)) stage.cut('a', 'b');
        await Promise.all(
          stage.names.map(async (site) => {
            for (let i = stage.random.integer(0, 4); i > 0; i--) {
              const job = `job ${jobs.length}`;
              jobs.push(job);
              await stage.do(site, 'LPUSH', queue.waiting, job);
            }
            for (let i = stage.random.integer(0, 3); i > 0; i--) {
              await work(stage, site, queue, stage.random.chance(0.2));
            }
          }),
        );
        if (stage.random.chance(0.5)) stage.join('a', 'b');
      }
      await stage.same([queue.waiting, queue.working]);
      await takeBack(stage, 'a', queue);
      await stage.settled();
      while (await work(stage, 'b', queue, false));
      await stage.holds(queue.waiting, undefined);
      await stage.holds(queue.working, undefined);
      const lost = jobs.filter((job) => !queue.done.has(job));
      if (lost.length > 0) throw new Error(`${lost.length} of ${jobs.length} jobs are lost: ${lost.slice(0, 10)}`);
    },
  },
];
