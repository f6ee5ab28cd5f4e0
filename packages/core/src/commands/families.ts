/**
 * Families of commands: one rule each for what concurrent writes at two sites become. The words are the user's.
 *
 * The rules themselves are the merge's; `docs/semantics.md` is made of these sentences.
 */

/** What a family is called, what its commands become, and how conflicts are settled. */
export interface FamilyText {
  readonly title: string;
  readonly becomes: string;
  /** Concurrent writes at two sites, in one sentence. */
  readonly rule: string;
}

/** The families. */
export type Family =
  | 'string'
  | 'counter'
  | 'edit'
  | 'bit'
  | 'sketch'
  | 'field'
  | 'fieldExpiry'
  | 'member'
  | 'score'
  | 'range'
  | 'list'
  | 'pop'
  | 'stream'
  | 'group'
  | 'delete'
  | 'expiry'
  | 'state'
  | 'union'
  | 'flush'
  | 'library'
  | 'message'
  | 'module'
  | 'unknown'
  | 'local'
  | 'untold';

/** Their texts, in the order of the document. */
export const families: Readonly<Record<Family, FamilyText>> = {
  string: {
    title: 'Strings',
    becomes: 'the value, and its expiry',
    rule: 'The newest write wins, value and expiry together; increments that stood on what it replaced are lost to it and audited.',
  },
  counter: {
    title: 'Counters',
    becomes: 'the increment',
    rule: 'Increments of all sites add up, exactly; a newer overwrite, deletion or expiry starts again from its own value.',
  },
  edit: {
    title: 'Edited strings',
    becomes: 'the command, with the version of the key it stood on',
    rule: 'One order of edits holds everywhere: without conflict the command runs again at each site, otherwise the newest content is taken over and the edits it missed are made again behind it by their own site.',
  },
  bit: {
    title: 'Bits',
    becomes: 'the bit',
    rule: 'The newest write wins, bit by bit; different bits set at two sites are all kept.',
  },
  sketch: {
    title: 'HyperLogLog',
    becomes: 'the elements added',
    rule: 'Elements of all sites are counted, none twice; a newer overwrite or deletion starts again.',
  },
  field: {
    title: 'Hashes',
    becomes: 'the fields written or removed',
    rule: 'The newest write wins, field by field; different fields written at two sites are all kept.',
  },
  fieldExpiry: {
    title: 'Expiry of hash fields',
    becomes: 'all that the hash holds, read back',
    rule: 'What the site then held, field expiries included, replaces what it had seen; what it had not yet seen of others is kept.',
  },
  member: {
    title: 'Sets',
    becomes: 'the members added or removed',
    rule: 'The newest write wins, member by member; different members added at two sites are all kept.',
  },
  score: {
    title: 'Sorted sets',
    becomes: 'the scores written, or the members removed',
    rule: 'The newest write wins, member by member; different members added at two sites are all kept.',
  },
  range: {
    title: 'Ranges of sorted sets',
    becomes: 'the range',
    rule: 'Everything older in the range is removed at every site; what is written newer survives.',
  },
  list: {
    title: 'Lists',
    becomes: 'the command, with the version of the list it stood on',
    rule: 'One order of elements holds everywhere: without conflict the command runs again at each site, otherwise the newest content is taken over and elements that it misses are pushed again by their own site; an element popped at two sites at once may be delivered at both.',
  },
  pop: {
    title: 'Pops from sorted sets',
    becomes: 'the command, with the version of the sorted set it stood on',
    rule: 'Without conflict the pop runs again at each site, otherwise the newest content is taken over; a member popped at two sites at once may be delivered at both.',
  },
  stream: {
    title: 'Streams',
    becomes: 'the entries added or removed, by ID',
    rule: 'Entries of all sites are kept, in the order of their IDs; of two with the same ID one moves to a free ID of the same millisecond, the same at every site.',
  },
  group: {
    title: 'Consumer groups',
    becomes: 'the group, its position, its deliveries',
    rule: 'The newest write wins, per group and per delivery; an entry may be delivered at two sites at once.',
  },
  delete: {
    title: 'Deletion',
    becomes: 'a deletion',
    rule: 'The deletion removes what is older, at every site; a newer write anywhere survives it.',
  },
  expiry: {
    title: 'Expiry',
    becomes: 'the absolute time, or none',
    rule: 'The newest expiry set wins, and is no conflict with writes of the data; a key whose expiry was renewed in time elsewhere comes back.',
  },
  state: {
    title: 'Results',
    becomes: 'all that the destination then holds, read back',
    rule: 'The result as its site computed it replaces the destination everywhere, unless something newer was written there; it is never computed again elsewhere.',
  },
  union: {
    title: 'Unions into a key',
    becomes: 'all that the destination then holds, read back',
    rule: 'The result replaces what its site had seen of the destination; what it had not yet seen of others is kept.',
  },
  flush: {
    title: 'Whole databases',
    becomes: 'the deletion of every key of the database',
    rule: 'Everything older is removed at every site; what is written newer survives and is put back.',
  },
  library: {
    title: 'Functions',
    becomes: 'the library',
    rule: 'The newest version of a library wins, library by library.',
  },
  message: {
    title: 'Messages',
    becomes: 'the message, where the option for it is switched on; nothing by default',
    rule: 'Each message is delivered once at each site, in no order among sites.',
  },
  module: {
    title: 'Modules',
    becomes: 'all that the key then holds, read back',
    rule: 'The newest content of the whole key wins; concurrent changes of one key are not merged.',
  },
  unknown: {
    title: 'Commands not named here',
    becomes: 'all that the keys then hold, as far as the server tells which they are',
    rule: 'What the site then held replaces what it had seen; a command whose keys the server does not tell is counted, reported and not replicated.',
  },
  local: {
    title: 'Kept at their site',
    becomes: 'nothing',
    rule: 'Each site has its own.',
  },
  untold: {
    title: 'Not replicated',
    becomes: 'nothing; it is counted and reported, and the shard is flagged "needs verify"',
    rule: 'It stays at its site, so sites differ after it until the difference is repaired.',
  },
};
