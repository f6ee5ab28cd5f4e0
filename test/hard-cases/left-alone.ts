/**
 * A site that has lost its place: it stops, and says why. Nothing is shipped from it or applied there, nothing that others hold is
 * deleted or overwritten, and they go on without it.
 */
import type { Content } from '../support/read-content.ts';
import type { Stage } from '../support/stage.ts';

/** How long nothing must come of what is written at either side, in milliseconds. */
const quietMs = 1000;

/** What all sites hold before. */
export interface Kept {
  readonly contents: readonly (readonly [key: string, content: Content])[];
}

/** Keys of several kinds, written at all sites, and known to all. */
export async function written(stage: Stage): Promise<Kept> {
  const [text, hash, count, list] = ['text', 'hash', 'count', 'list'].map((name) => stage.key(name)) as [
    string,
    string,
    string,
    string,
  ];
  const sites = stage.names;
  await stage.do('b', 'SET', text, 'before');
  for (const site of sites) await stage.do(site, 'HSET', hash, site, 'before');
  for (const site of sites) await stage.do(site, 'INCR', count);
  await stage.do('b', 'RPUSH', list, 'x', 'y');
  await stage.settled();
  return {
    contents: [
      [text, { string: 'before' }],
      [hash, { hash: Object.fromEntries(sites.map((site) => [site, 'before'])) }],
      [count, { string: String(sites.length) }],
      [list, { list: ['x', 'y'] }],
    ],
  };
}

/**
 * A site stops with a state that says why, and is left alone. What others are to keep, applications delete and overwrite at the
 * site that has stopped.
 */
export async function isLeftAlone(stage: Stage, site: string, why: RegExp, { contents }: Kept): Promise<void> {
  const told = await stage.stopped(site);
  if (!why.test(told)) throw new Error(`${site} has stopped as ${told}`);
  stage.leave(site);
  const [here, elsewhere] = [stage.key(`at-${site}`), stage.key(`not-at-${site}`)];
  await stage.do(site, 'SET', here, 'v');
  for (const [key] of contents) await stage.do(site, 'DEL', key);
  for (const other of stage.names) await stage.do(other, 'HSET', elsewhere, other, 'v');
  await stage.pause(quietMs);
  await stage.holds(elsewhere, { hash: Object.fromEntries(stage.names.map((other) => [other, 'v'])) });
  await stage.holds(here, undefined);
  for (const [key, content] of contents) await stage.holds(key, content);
  for (const [key] of [...contents, [elsewhere] as const]) {
    const { content } = await stage.read(site, key);
    if (content !== undefined) throw new Error(`${key} was applied at ${site}, which has stopped`);
  }
}
