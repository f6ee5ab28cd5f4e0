/** Hard case 13: the same stream IDs given at two sites. */
import { Refused } from '../differential/raw-connection.ts';
import type { Case } from '../support/case.ts';
import type { Stage } from '../support/stage.ts';

const count = 2_000;

/** Both sites hold every entry that either accepted, each once; where both gave an ID, the higher priority's stands there. */
async function holdsAll(
  stage: Stage,
  key: string,
  accepted: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const [found] = await stage.same([key]);
  const entries = (found?.content !== undefined && 'stream' in found.content ? found.content.stream : []) as readonly [
    string,
    readonly string[],
  ][];
  const held = entries.map(([, [site, id]]) => `${site} ${id}`);
  const written = Object.entries(accepted).flatMap(([site, ids]) => ids.map((id) => `${site} ${id}`));
  const missing = written.filter((entry) => !held.includes(entry));
  if (missing.length > 0 || held.length !== written.length || new Set(held).size !== held.length) {
    throw new Error(`${written.length} entries written, ${held.length} held; missing ${missing.slice(0, 10)}`);
  }
  const moved = entries.filter(([at, [site, id]]) => at !== id && site === 'b');
  if (moved.length > 0)
    throw new Error(`${moved.length} entries of the higher priority are elsewhere: ${moved.slice(0, 5)}`);
}

/** Writes an ID at both sites, with where it was written; returns what each accepted. */
async function write(
  stage: Stage,
  key: string,
  from: number,
  to: number,
  accepted: Record<string, string[]>,
): Promise<void> {
  await Promise.all(
    ['a', 'b'].map(async (site) => {
      const ids = Array.from({ length: to - from }, (_, i) => `${from + i}-1`);
      const replies = await stage.send(
        site,
        ids.map((id) => ['XADD', key, id, site, id]),
      );
      accepted[site]?.push(...ids.filter((_, i) => !(replies[i] instanceof Refused)));
    }),
  );
}

export const streamIds: readonly Case[] = [
  {
    name: '13-same-ids-in-lockstep',
    title: '2,000 XADD with the same IDs at two linked sites in lockstep: every accepted entry is there once',
    run: async (stage) => {
      const key = stage.key('stream');
      const accepted = { a: [], b: [] };
      const step = stage.random.integer(5, 40);
      for (let i = 1; i <= count; i += step) await write(stage, key, i, Math.min(i + step, count + 1), accepted);
      await holdsAll(stage, key, accepted);
    },
  },
  {
    name: '13-same-ids-apart',
    title: '500 XADD with the same IDs at two sites without a link: 1,000 entries everywhere',
    run: async (stage) => {
      const key = stage.key('stream');
      const accepted = { a: [], b: [] };
      stage.apart();
      await write(stage, key, 1, 501, accepted);
      await holdsAll(stage, key, accepted);
    },
  },
  {
    name: '13-late-id',
    title: 'IDs that arrive behind greater ones are put in their place',
    run: async (stage) => {
      const key = stage.key('stream');
      stage.apart();
      await stage.do('a', 'XADD', key, '5-1', 'at', 'a');
      await stage.do('a', 'XADD', key, '9-1', 'at', 'a');
      await stage.do('b', 'XADD', key, '3-1', 'at', 'b');
      await stage.do('b', 'XADD', key, '7-1', 'at', 'b');
      await stage.do('c', 'XADD', key, '1-1', 'at', 'c');
      const entries = ['1-1 c', '3-1 b', '5-1 a', '7-1 b', '9-1 a'].map((entry) => entry.split(' '));
      await stage.holds(key, { stream: entries.map(([id = '', site = '']) => [id, ['at', site]]) });
      await stage.refused('c', 'XADD', key, '8-1', 'at', 'c');
      const id = String(await stage.do('c', 'XADD', key, '10-1', 'at', 'c'));
      await stage.everySite(`${id} is there`, async (site) =>
        (await stage.do(site, 'XLEN', key)) === 6 ? undefined : 'it is not',
      );
    },
  },
];
