/** Copies of values, and whether a value is what it was when it was copied. */
import type { ModelValue, PendingEntry, StreamGroup, StreamNode, StreamValue } from './values.ts';

/** A copy that shares nothing with the value that could change. */
export function copyValue(value: ModelValue): ModelValue {
  switch (value.type) {
    case 'string':
      return { type: 'string', text: value.text };
    case 'list':
      return { type: 'list', items: value.items.slice() };
    case 'hash':
      return { type: 'hash', fields: new Map(value.fields) };
    case 'set':
      return { type: 'set', members: new Set(value.members) };
    case 'zset':
      return { ...value, scores: new Map(value.scores), order: value.order?.slice() };
    case 'stream':
      return copyStream(value);
  }
}

/** Whether they hold the same. Of streams, what their groups know is left out. */
export function isSameValue(a: ModelValue, b: ModelValue): boolean {
  switch (a.type) {
    case 'string':
      return b.type === 'string' && a.text === b.text;
    case 'list':
      return b.type === 'list' && isSameList(a.items, b.items);
    case 'hash':
      return b.type === 'hash' && isSameMap(a.fields, b.fields);
    case 'set':
      return b.type === 'set' && isSameSet(a.members, b.members);
    case 'zset':
      return b.type === 'zset' && isSameMap(a.scores, b.scores);
    case 'stream':
      return b.type === 'stream' && a.length === b.length && a.last === b.last && a.added === b.added;
  }
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, place) => item === b[place]);
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size !== b.size) return false;
  for (const member of a) if (!b.has(member)) return false;
  return true;
}

function isSameMap<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, value] of a) if (!Object.is(b.get(name), value)) return false;
  return true;
}

function copyStream(stream: StreamValue): StreamValue {
  const groups = new Map<string, StreamGroup>();
  for (const [name, group] of stream.groups) groups.set(name, copyGroup(group));
  return { ...stream, nodes: stream.nodes.map(copyNode), groups };
}

function copyNode(node: StreamNode): StreamNode {
  return { ...node, entries: node.entries.map((entry) => ({ ...entry })) };
}

function copyGroup(group: StreamGroup): StreamGroup {
  const consumers = new Map(Array.from(group.consumers, ([name, consumer]) => [name, { ...consumer }]));
  return { ...group, pending: group.pending.map((entry): PendingEntry => ({ ...entry })), consumers };
}
