/** Operations of the apply script on streams, as a test draws them. */
import type { ModelReply } from '../../packages/testkit/src/index.ts';
import type { Draw } from '../differential/draw.ts';
import type { Words } from '../differential/row.ts';
import type { Letters, ScriptDraw } from './script-letters.ts';

const making = ['TYPE', 'UNLINK', 'XGROUP CREATE', 'XGROUP DESTROY'];
const looking = ['XINFO STREAM', 'XSETID', 'XADD', 'XDEL', 'XRANGE', 'XREVRANGE'];

export const streamLetters: Letters = {
  xM: { weight: 30, needs: [...making, ...looking], make: entries },
  xm: { weight: 6, needs: ['XDEL'], make: ({ draw }) => known(draw, draw.key('x')) },
  xu: { weight: 2, needs: ['XTRIM', 'XRANGE', 'XDEL'], make: ({ draw }) => trimming(draw) },
  xo: { weight: 3, needs: making, make: ({ draw }) => [draw.key('x')] },
  xl: { weight: 3, needs: [...making, 'XSETID', 'XINFO STREAM'], make: ({ draw }) => known(draw, draw.key('x')) },
  xG: {
    weight: 6,
    needs: [...making, 'XGROUP SETID'],
    make: ({ draw }) => {
      const key = draw.key('x');
      return [key, draw.group(), draw.one('0-0', draw.knownId(key)), draw.one('-1', '0', '3', '-2')];
    },
  },
  xV: {
    weight: 4,
    needs: [...making, 'XGROUP SETID', 'XINFO GROUPS'],
    make: ({ draw }) => {
      const key = draw.key('x');
      return [key, draw.group(), draw.knownId(key)];
    },
  },
  xg: { weight: 2, needs: ['XGROUP DESTROY'], make: ({ draw }) => [draw.key('x'), draw.group()] },
  xc: {
    weight: 4,
    needs: ['XGROUP CREATECONSUMER'],
    make: ({ draw }) => [draw.key('x'), draw.group(), draw.consumer()],
  },
  xk: {
    weight: 3,
    needs: ['XGROUP DELCONSUMER'],
    make: ({ draw }) => [draw.key('x'), draw.group(), draw.consumer()],
  },
  xd: {
    weight: 8,
    needs: ['XCLAIM', 'XGROUP CREATECONSUMER'],
    make: ({ draw }) => {
      const key = draw.key('x');
      const time = String(draw.options.now - draw.random.integer(1_000, 60_000));
      return [key, draw.group(), draw.knownId(key), draw.consumer(), time, draw.count()];
    },
  },
  xp: {
    weight: 5,
    needs: ['XACK'],
    make: ({ draw }) => {
      const key = draw.key('x');
      return [key, draw.group(), draw.knownId(key)];
    },
  },
};

function known(draw: Draw, key: string): Words {
  return [key, draw.knownId(key)];
}

/** One entry, or some on the same key one after the other: new ones, late ones, such as are there, some of the same ID. */
function entries({ draw, look }: ScriptDraw): Words {
  const key = draw.key('x');
  const ids = draw.times(1, draw.random.chance(0.1) ? 30 : 3, () => idOf(draw, key));
  return ids.flatMap((id, place) => {
    const held = draw.random.chance(0.2) ? heldFields(look('XRANGE', key, id, id)) : undefined;
    const fields = held ?? draw.flat(1, 2, () => [draw.field(), draw.value()]);
    return [...(place === 0 ? [] : ['xM']), key, id, String(fields.length), ...fields];
  });
}

/** The fields of the only entry found. */
function heldFields(found: ModelReply): Words | undefined {
  return Array.isArray(found) ? (found as readonly (readonly [string, Words])[])[0]?.[1] : undefined;
}

function idOf(draw: Draw, key: string): string {
  return draw.random.chance(0.5) ? draw.knownId(key) : draw.nextId(key).replace('-*', '-1');
}

function trimming(draw: Draw): Words {
  const key = draw.key('x');
  const spared = draw.times(0, 3, () => draw.knownId(key));
  return [key, draw.knownId(key), String(spared.length), ...spared];
}
