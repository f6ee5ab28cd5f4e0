import { describe, expect, it } from 'vitest';
import { ownOrigin, peerOrigin } from '../test-support/entries.ts';
import { decodeLedger, encodeLedger, type Ledger, newLedger } from './ledger.ts';
import { noteUnrun } from './unrun.ts';

const position = { replicationId: 'f'.repeat(40), offset: 12_345, db: 3 };

describe('the ledger', () => {
  it('comes back as it was', () => {
    const ledger: Ledger = {
      ...newLedger(ownOrigin, position),
      seq: 7,
      clock: Number.MAX_SAFE_INTEGER,
      cut: 99,
      settled: { [peerOrigin]: { seq: 5, time: 55 } },
      reported: { b: 44 },
      acknowledged: { b: 6 },
      marker: { own: 'o1:…', [peerOrigin]: 'p1:…' },
      correction: 2,
      corrections: [
        {
          id: 2,
          time: 50,
          args: ['R', 's', 'k\u00ff\u0000', '', '-9223372036854775808', ''],
          keys: [{ db: 1, key: 'k\u00ff\u0000' }],
          settlements: [
            { db: 1, key: 'k\u00ff\u0000', kind: 0, field: '', by: '-9223372036854775808', base: null },
            { db: 1, key: 'h', kind: 1, field: 'f', by: '1', base: { time: 3, priority: 2, index: 1 } },
          ],
        },
      ],
      untranslated: { FLUSHALL: 3 },
      undone: { '1 k\u00ff': { db: 1, key: 'k\u00ff', home: 2, time: 9 } },
    };
    expect(decodeLedger(encodeLedger(ledger))).toEqual(ledger);
  });

  it('is written as it stands, whatever was written before', () => {
    const ledger = newLedger(ownOrigin, position);
    const isAsItStands = (): void => {
      const [first, again] = [encodeLedger(ledger), encodeLedger(ledger)];
      expect(new TextDecoder().decode(first)).toBe(JSON.stringify(ledger));
      expect(again).toEqual(first);
    };
    isAsItStands();
    ledger.seq++;
    ledger.markerDamaged = true;
    ledger.marker.own = 'o1:\u00ff"';
    ledger.asks = [{ db: 0, key: 'k\u00ff"', what: 'state', overwrites: true }];
    noteUnrun(ledger, peerOrigin, [[8, 1]]);
    isAsItStands();
    ledger.asks = [...ledger.asks, { db: 1, key: '', what: 'database', overwrites: false }];
    noteUnrun(ledger, peerOrigin, [[9, 0]]);
    ledger.settled[peerOrigin] = { seq: 1, time: 2 };
    isAsItStands();
    expect(ledger.unrun[peerOrigin]).toEqual([
      [8, 1],
      [9, 0],
    ]);
  });

  it('takes what was written before there were policies', () => {
    const { undone: _, ...old } = newLedger(ownOrigin, position);
    expect(decodeLedger(new TextEncoder().encode(JSON.stringify(old)))).toEqual(newLedger(ownOrigin, position));
  });

  it('refuses what another version wrote, naming both schemas', () => {
    const foreign = encodeLedger({ ...newLedger(ownOrigin, position), schema: 9 });
    expect(() => decodeLedger(foreign)).toThrow(/has schema 9; this version reads 1/);
  });
});
