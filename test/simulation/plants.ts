/**
 * Planted bugs: faults that somebody might make, each as a replacement in a source file. The simulator has to find them; what
 * it cannot find, it does not test. What all sites would do wrong alike is not among them: that is for the properties of the
 * core.
 */

/** One bug. */
export interface Plant {
  readonly name: string;
  /** What is wrong then. */
  readonly what: string;
  /** Below the repository's root. */
  readonly file: string;
  /** Occurs there exactly once. */
  readonly from: string;
  readonly to: string;
  /** Where it is looked for: groups of commands. @defaultValue any */
  readonly only?: string;
  /** What happens to servers in every world of the search. @defaultValue nothing */
  readonly with?: 'eviction' | 'failover';
}

const core = 'packages/core/src';
const engine = 'packages/engine/src';
const model = 'packages/testkit/src/redis-model';

export const plants: readonly Plant[] = [
  {
    name: 'drop-tombstone',
    what: 'a removed cell is forgotten at once',
    file: `${core}/merge/registers.ts`,
    from: '  cell.version = version;\n  cell.value = value;\n',
    to: '  if (value === null) { state.elements?.[kind]?.delete(field); return; }\n  cell.version = version;\n  cell.value = value;\n',
  },
  {
    name: 'drop-root',
    what: 'a deletion does not beat what is older and comes later',
    file: `${core}/merge/registers.ts`,
    from: '  state.root = version;\n',
    to: '',
  },
  {
    name: 'forget-too-early',
    what: 'versions are forgotten before all sites have settled them',
    file: `${engine}/heartbeat.ts`,
    from: 'const cut = horizon.cut();',
    to: 'const cut = shard.clock.last;',
  },
  {
    name: 'heartbeat-claims-too-much',
    what: 'a site says that it has settled what it has not received',
    file: `${engine}/heartbeat.ts`,
    from: 'const received = horizon.received(shard.ledger.clock, held);',
    to: 'const received = held ? 0 : shard.clock.last;',
  },
  {
    name: 'index-ignored',
    what: 'of two writes in one transaction, the first wins',
    file: `${core}/version/version.ts`,
    from: 'a.time - b.time || a.priority - b.priority || a.index - b.index',
    to: 'a.time - b.time || a.priority - b.priority',
  },
  {
    name: 'lost-select',
    what: 'commands are written to the database selected before',
    file: `${core}/apply/effects.ts`,
    from: "    this.args.push('D', String(db));\n",
    to: '',
  },
  {
    name: 'no-reassert',
    what: 'what a local write overtook is not put right',
    file: `${core}/apply/compare-key.ts`,
    from: 'if (sameValue(held, value)) return 0;',
    to: 'return 0;',
  },
  {
    name: 'wrong-reassert',
    what: 'what is put right is put right unconditionally, with what Redis held',
    file: `${core}/apply/compare-key.ts`,
    from: 'else effects.write(kind, state.key, field, value);\n  });',
    to: 'else effects.write(kind, state.key, field, held!);\n  });',
  },
  {
    name: 'delta-counted-twice',
    what: 'the sum of a site is added to its sum before',
    file: `${core}/merge/merge-op.ts`,
    from: '      known.sum = op.sum;\n',
    to: '      known.sum += op.sum;\n',
  },
  {
    name: 'base-ignored',
    what: 'an increment counts whatever it stands on',
    file: `${core}/merge/counting.ts`,
    from: '  const match = matchBase(base, current, cut);\n',
    to: "  const match = matchBase(base, undefined, cut) === 'current' ? 'current' : 'current';\n",
  },
  {
    name: 'marker-without-check',
    what: 'a late call is run again',
    file: `${model}/apply-script.ts`,
    from: "  if ((heldOwn ?? '') !== expectedOwn) return `own:${heldOwn ?? ''}`;\n",
    to: '',
    only: 'strings,hashes,zsets',
  },
  {
    name: 'loop',
    what: 'what other sites wrote is taken for local writes',
    file: `${engine}/local-stream.ts`,
    from: '    else this.#local(unit, deletions);\n',
    to: '    this.#local(unit, deletions);\n',
  },
  {
    name: 'want-not-sent',
    what: 'a state that is needed is not asked for',
    file: `${engine}/feeder.ts`,
    from: '    if (ask !== undefined) this.#host.want(op.db, op.key, ask);\n',
    to: '',
  },
  {
    name: 'want-not-answered',
    what: 'a state that is asked for is not told',
    file: `${engine}/feeder.ts`,
    from: '    else this.#host.wanted(op.db, op.key, op.version, by);\n',
    to: '',
  },
  {
    name: 're-issue-dropped',
    what: 'list elements that lost a conflict are not added again',
    file: `${engine}/re-adds.ts`,
    from: '    if (again.size === 0) return;\n    const effects',
    to: '    if (again.size >= 0) return;\n    const effects',
  },
  {
    name: 'missed-not-noted',
    what: 'a state tells that it holds commands which were not run',
    file: `${core}/merge/guarded.ts`,
    from: '  state.missed ??= new Map();\n  const known',
    to: '  if (priority > 0) return;\n  state.missed ??= new Map();\n  const known',
  },
  {
    name: 'commands-always-run',
    what: 'a command is run on what it does not stand on',
    file: `${core}/merge/guarded.ts`,
    from: "  return held !== undefined && compareVersions(version, held) < 0 ? 'lost' : 'ask';\n",
    to: "  return held !== undefined && compareVersions(version, held) < 0 ? 'lost' : 'run';\n",
    only: 'lists',
  },
  {
    name: 'read-not-awaited',
    what: 'keys are written while a fence reads them',
    file: `${engine}/feeder.ts`,
    from: "    if ((this.#fences.outstanding === 0 && !corrected) || entry.type === 'heartbeat') return false;\n",
    to: '    if (this.#fences.outstanding >= 0) return false;\n',
    only: 'lists',
  },
  {
    name: 'stream-not-held',
    what: 'the stream goes on while the answer of a fence is on its way',
    file: `${engine}/fences.ts`,
    from: 'return this.#sent?.seen === true && !this.#sent.answered;',
    to: 'return false;',
    only: 'lists',
  },
  {
    name: 'left-for-ever',
    what: 'what is added to a key in the moment it expires elsewhere has no expiry',
    file: `${core}/merge/ends.ts`,
    from: '    return expiredWith(state.ends, state.newestAdd, expiryVersion);\n',
    to: '    return null;\n',
  },
  {
    name: 'range-forgotten',
    what: 'a removal by range takes nothing that comes later',
    file: `${core}/merge/merge-op.ts`,
    from: '      state.ranges = [...(state.ranges ?? []), { version, by: op.by, min: op.min, max: op.max }];\n',
    to: '',
    only: 'zsets',
  },
  {
    name: 'trim-forgotten',
    what: 'a trimmed stream entry that comes late is there again',
    file: `${core}/merge/stream-cells-merge.ts`,
    from: '  const trims = entries.mergeTrim(trimsOf(cells), { version, before });\n',
    to: '  const trims = trimsOf(cells);\n',
    only: 'streams',
  },
  {
    name: 'keepttl-forgotten',
    what: 'SET KEEPTTL of another site takes the expiry away',
    file: `${core}/apply/decide-op.ts`,
    from: "  if (op.expiry === 'keep') {\n",
    to: "  if (op.expiry === 'keep' && false) {\n",
    only: 'strings,expiry',
  },
  {
    name: 'asks-lost',
    what: 'a restart forgets which keys are yet to be read',
    file: `${engine}/open-asks.ts`,
    from: '    return stored;\n',
    to: '    return stored.slice(0, 0);\n',
  },
  {
    name: 'unrun-forgotten',
    what: 'a restart takes every command of other sites for one that was run',
    file: `${engine}/unrun.ts`,
    from: '    .filter(({ command: [time] }) => time > ledger.kept)\n',
    to: '    .filter(() => false)\n',
    only: 'lists',
  },
  {
    name: 'wants-lost',
    what: 'a restart does not ask again for what it had asked in vain',
    file: `${engine}/replayed-wants.ts`,
    from: '    for (const state of model.states()) if (state.wanted !== undefined) model.wanting.add(state);\n',
    to: '',
    only: 'lists',
  },
  {
    name: 'swapped-not-read',
    what: 'what a SWAPDB has brought into a database is not read and told',
    file: `${core}/translate/unit-translation.ts`,
    from: "    this.#ask({ type: 'database', db, key: '' });\n",
    to: '',
    only: 'lists,flush',
  },
  {
    name: 'field-not-written',
    what: 'a field whose name has more than one character is not written',
    file: `${core}/apply/effects.ts`,
    from: '    if (kind === kinds.hash) {\n',
    to: '    if (kind === kinds.hash && field.length > 1) {\n      return;\n    }\n    if (kind === kinds.hash) {\n',
  },
  {
    name: 'spilled-lost',
    what: 'a key that has gone to the store does not come back',
    file: `${core}/merge/spilled-keys.ts`,
    from: '    else if (!this.#host.isFlushed(state)) this.#host.adopt(state);\n',
    to: '',
  },
  {
    name: 'spilled-in-flight',
    what: 'a key goes to the store while a call is on its way to it',
    file: `${core}/merge/spilled-keys.ts`,
    from: '    state.inFlight === 0 &&\n',
    to: '',
  },
  {
    name: 'spilled-not-put-back',
    what: "what is newer than another site's flush is not put back where it is in the store",
    file: `${core}/merge/model.ts`,
    from: '    this.#spilled?.recallFrom(bucketOf(version.time), all ? undefined : op.db);\n',
    to: '',
    only: 'strings,flush',
  },
  {
    name: 'spilled-not-flushed',
    what: 'what a flush has taken away is alive in the store',
    file: `${core}/merge/spilled-keys.ts`,
    from: '    else if (!this.#host.isFlushed(state)) this',
    to: '    else this',
    only: 'strings,hashes,flush',
  },
  {
    name: 'out-too-early',
    what: 'a site is out though not everybody has received the same of it',
    file: `${engine}/outcasts.ts`,
    from: '    if (waitsFor.length > 0) {\n',
    to: '    if (waitsFor.some((one) => one.includes("told")) && waitsFor.length > 0) {\n',
  },
  {
    name: 'out-not-refused',
    what: 'what comes of a site that is out is taken',
    file: `${engine}/outcasts.ts`,
    from: '    if (!this.#out.has(site)) return batch;\n',
    to: '    return batch;\n',
  },
  {
    name: 'out-not-passed-on',
    what: 'what one site lacks of one that is out is not passed on',
    file: `${engine}/outcasts.ts`,
    from: '    for (const { origin } of logs) this.#relay(origin, least);\n',
    to: '',
  },
  {
    name: 'answered-taken-for-done',
    what: 'what a master had answered before it was lost is not made again',
    file: `${engine}/shard-engine.ts`,
    from: ' || isAnother) this.#lane.claim();\n',
    to: ') this.#lane.claim();\n',
    with: 'failover',
  },
  {
    name: 'evicted-told',
    what: 'a site that has evicted a key tells those who ask that it is gone',
    file: `${engine}/evicted-questions.ts`,
    from: '    if (!model.evicted.has(db, key)) return false;\n',
    to: '    if (model.evicted.has(db, key) || model.evicted.isEmpty) return false;\n',
    with: 'eviction',
  },
  {
    name: 'evicted-given-up',
    what: 'an evicted key counts as gone when one of several sites cannot tell it',
    file: `${engine}/evicted-questions.ts`,
    from: '    if (nextToAsk(this.#shard, db, key) !== undefined) return false;\n',
    to: '    if (this.#shard.model.evicted.untoldBy(db, key) === undefined) return false;\n',
    with: 'eviction',
  },
  {
    name: 'evictions-forgotten',
    what: 'a replicator does not know, when it starts, what its server had evicted',
    file: `${engine}/evicted-journal.ts`,
    from: '    this.#read(log);\n',
    to: '',
    with: 'eviction',
  },
  {
    name: 'fragment-left',
    what: 'what reaches a key just after its eviction stands there alone',
    file: `${engine}/own-writes.ts`,
    from: '      if (!model.evicted.has(db, key)) continue;\n',
    to: '      continue;\n',
    with: 'eviction',
  },
];
