/** Streams and consumer groups. */
import type { Draw } from '../draw.ts';
import type { Rows, Words } from '../row.ts';

export const streamRows: Rows = {
  xadd: {
    weight: 50,
    make: (d) => {
      const key = d.key('x');
      return [
        key,
        ...d.maybe(0.1, 'NOMKSTREAM'),
        ...d.random.pick([[], [], [], trim(d, key)]),
        d.nextId(key),
        ...pairs(d),
      ];
    },
  },
  xdel: {
    make: (d) => {
      const key = d.key('x');
      return [key, ...d.times(1, 3, () => d.knownId(key))];
    },
  },
  xtrim: {
    weight: 5,
    make: (d) => {
      const key = d.key('x');
      return [key, ...trim(d, key)];
    },
  },
  xsetid: {
    weight: 4,
    make: (d) => {
      const key = d.key('x');
      const more = ['ENTRIESADDED', String(d.random.integer(0, 500)), 'MAXDELETEDID', d.knownId(key)];
      return [key, d.nextId(key).replace(/^\*$/, '99').replace('-*', '-9'), ...d.maybe(0.4, ...more)];
    },
  },
  'xgroup|create': {
    weight: 15,
    make: (d) => {
      const key = d.key('x');
      return [key, d.group(), startOf(d, key), ...d.maybe(0.4, 'MKSTREAM'), ...d.maybe(0.2, 'ENTRIESREAD', '3')];
    },
  },
  'xgroup|setid': {
    weight: 5,
    make: (d) => {
      const key = d.key('x');
      return [key, d.group(), startOf(d, key), ...d.maybe(0.2, 'ENTRIESREAD', '1')];
    },
  },
  'xgroup|destroy': { weight: 3, make: (d) => [d.key('x'), d.group()] },
  'xgroup|createconsumer': { weight: 6, make: (d) => [d.key('x'), d.group(), d.consumer()] },
  'xgroup|delconsumer': { weight: 3, make: (d) => [d.key('x'), d.group(), d.consumer()] },
  xreadgroup: {
    weight: 25,
    make: (d) => read(d, []),
    waits: (d) => read(d, ['BLOCK', d.determinate ? '20000' : '20']),
  },
  xack: {
    make: (d) => {
      const key = d.key('x');
      return [key, d.group(), ...d.times(1, 4, () => d.knownId(key))];
    },
  },
  xclaim: { make: (d) => claim(d) },
  xautoclaim: {
    make: (d) => {
      const key = d.key('x');
      const start = d.random.chance(0.7) ? '0' : d.knownId(key);
      return [
        ...[key, d.group(), d.consumer(), idle(d), start],
        ...d.maybe(0.5, 'COUNT', d.count()),
        ...d.maybe(0.3, 'JUSTID'),
      ];
    },
  },
};

function pairs(d: Draw): Words {
  return d.flat(1, 3, () => [d.field(), d.value()]);
}

function trim(d: Draw, key: string): Words {
  const about = d.one('=', '~', '');
  const strategy = d.random.chance(0.6) ? ['MAXLEN', String(d.random.integer(0, 20))] : ['MINID', d.knownId(key)];
  const [name = '', threshold = ''] = strategy;
  return [name, ...(about === '' ? [] : [about]), threshold, ...(about === '~' ? d.maybe(0.3, 'LIMIT', '10') : [])];
}

function startOf(d: Draw, key: string): string {
  return d.random.chance(0.4) ? '0' : d.random.chance(0.5) ? '$' : d.knownId(key);
}

function read(d: Draw, waiting: Words): Words {
  const keys = waiting.length > 0 ? d.keys('x', 1, 1) : d.keys('x', 1, 2);
  const ids = keys.map((key) => (d.random.chance(0.85) ? '>' : d.random.chance(0.5) ? '0' : d.knownId(key)));
  return [
    ...['GROUP', d.group(), d.consumer()],
    ...d.maybe(0.6, 'COUNT', d.count(8)),
    ...waiting,
    ...d.maybe(0.15, 'NOACK'),
    ...['STREAMS', ...keys, ...ids],
  ];
}

/** Idle time asked for, ms: any, where only the data shall decide. */
function idle(d: Draw): string {
  return d.determinate ? '0' : d.one('0', '0', '20');
}

function claim(d: Draw): Words {
  const key = d.key('x');
  return [
    ...[key, d.group(), d.consumer(), idle(d)],
    ...d.times(1, 4, () => d.knownId(key)),
    ...d.maybe(0.2, 'IDLE', '5'),
    ...d.maybe(0.1, 'TIME', String(d.options.now)),
    ...d.maybe(0.2, 'RETRYCOUNT', '7'),
    ...d.maybe(0.3, 'FORCE'),
    ...d.maybe(0.2, 'JUSTID'),
    ...d.maybe(0.1, 'LASTID', d.knownId(key)),
  ];
}
