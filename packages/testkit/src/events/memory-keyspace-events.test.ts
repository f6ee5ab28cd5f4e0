import { describe, it } from 'vitest';
import { type KeyspaceEventsWorld, keyspaceEventsConformance } from './keyspace-events-conformance.ts';
import { MemoryKeyspaceEvents } from './memory-keyspace-events.ts';

async function makeWorld(): Promise<KeyspaceEventsWorld> {
  const events = new MemoryKeyspaceEvents();
  events.up();
  return {
    events,
    expire: async (db, key) => {
      events.event(db, key, 'expired', events.offset + 10);
      return events.offset;
    },
    cut: () => {
      events.down('cut');
      events.up();
    },
    breathe: () => events.answer(),
    close: async () => {},
  };
}

describe('MemoryKeyspaceEvents', () => {
  for (const { name, run } of keyspaceEventsConformance) it(name, () => run(makeWorld));
});
