export { applyFreeingScript, applyScript } from './apply/apply-script.ts';
export { compareKey } from './apply/compare-key.ts';
export { decideFlush } from './apply/decide-flush.ts';
export { type Decision, decideOp } from './apply/decide-op.ts';
export { Effects, type Settlement } from './apply/effects.ts';
export { type Cause, contestedEntries, expectedSum, type VersionedOp } from './apply/expected-sum.ts';
export { meantSteps, meantTests } from './apply/meant-steps.ts';
export type { Outcome } from './apply/outcome.ts';
export type { AuditHost } from './audit/auditor.ts';
export { type Conflict, type ConflictKind, type Discarded, discardedBytes } from './audit/conflict.ts';
export { libraryConflict } from './audit/library-conflict.ts';
export { type ByteString, equalBytes, fromByteString, toByteString } from './bytes/byte-string.ts';
export { ByteWriter } from './bytes/byte-writer.ts';
export { crc32 } from './bytes/crc32.ts';
export { epoch, HybridClock, timeOfUnix, unixOfTime } from './clock/hybrid-clock.ts';
export type { CommandRow } from './commands/command-row.ts';
export { commandTable } from './commands/command-table.ts';
export { type Family, type FamilyText, families } from './commands/families.ts';
export type { BeginSearch, FindKeys, KeySpec } from './commands/key-spec.ts';
export { idFrom as streamIdFrom, parseId as parseStreamId } from './commands/stream-cells.ts';
export { unknownCommand } from './commands/unknown-command.ts';
export { DeletionClassifier } from './deletion/deletion-classifier.ts';
export { singleDelete } from './deletion/single-delete.ts';
export { type StreamDelete, type Verdict, verdicts } from './deletion/verdict.ts';
export {
  type Base,
  type CounterCell,
  type Covers,
  type Entry,
  type Expiry,
  type GuardedKind,
  indicesOf,
  type KeyContent,
  type Op,
  type Origin,
  type Outcast,
  opVersion,
  type Relay,
} from './entry/entry.ts';
export {
  type DecodedEntry,
  decodeEntries,
  decodeEntry,
  type EntryFailure,
  encodeEntry,
  entrySchema,
  oldestEntrySchema,
  skipEntries,
} from './entry/entry-codec.ts';
export {
  type Digest,
  MarkerCodec,
  type OwnMarker,
  ownField,
  type PeerMarker,
  reservedPrefix,
  standaloneMarkerKey,
} from './marker/marker.ts';
export { type CellValue, type Kind, type KindIndex, kindNames, kinds } from './merge/cell-value.ts';
export { contentDigest } from './merge/content-digest.ts';
export { expiredAt, expiryOf, includes, isEnded, isExpiryForgotten, unseenRenewal } from './merge/ends.ts';
export { EvictedKeys, type EvictionChange } from './merge/evicted-keys.ts';
export { expiryGraceMs } from './merge/expiry-grace.ts';
export { isChainLive, isReturning, noteMissed } from './merge/guarded.ts';
export { addedBeside, eachCell, findCell, KeyState, type OwnAdd } from './merge/key-state.ts';
export {
  everyLibrary,
  type LibraryOutcome,
  type LibraryRegister,
  LibraryRegisters,
  sameLibrary,
} from './merge/library-registers.ts';
export { commandAgain, takeLostAdds } from './merge/lost-adds.ts';
export { isDeletion, type MeantStep } from './merge/meant-step.ts';
export type { Stamp } from './merge/merge-op.ts';
export { mayRefill } from './merge/merge-state.ts';
export { Model } from './merge/model.ts';
export { hasMoves, notePush } from './merge/moved-elements.ts';
export { OldestEntry } from './merge/oldest-entry.ts';
export { type Content, contentOf } from './merge/read-key.ts';
export { cellId, type ExpectedSum, Shadow } from './merge/shadow.ts';
export { compileGlob, globProblem } from './policy/glob.ts';
export { policyDigest } from './policy/policy-digest.ts';
export type { Direction, FilterRule, Filters, Policy, PolicyRule } from './policy/rule.ts';
export { type FlushRule, homeKeysOf, type SiteRules, siteRules } from './policy/site-rules.ts';
export type {
  Attachment,
  EntryBatch,
  EventFence,
  KeyspaceEventKind,
  KeyspaceEventSink,
  KeyspaceEvents,
  LinkStatus,
  Log,
  LogCommit,
  LogRecord,
  LogStream,
  Position,
  ReplyValue,
  ServerCommands,
  Source,
  SourceSink,
  SpillPlace,
  SpillRecord,
  SpillStore,
  Target,
  TargetFailure,
  TargetReply,
  Transport,
  TransportHost,
  WallClock,
} from './ports.ts';
export { argument, argumentCount, argumentText, type Command } from './resp/command.ts';
export type { DecodeFailure, DecodeFailureCode } from './resp/decode-failure.ts';
export { type DecodeLimits, defaultDecodeLimits } from './resp/decode-limits.ts';
export { StreamDecoder } from './resp/stream-decoder.ts';
export type { Quiet, StreamEvent, Unit, UnitCommand, UnitFailure, UnitFailureCode } from './stream/unit.ts';
export { defaultUnitLimits, type UnitLimits } from './stream/unit-limits.ts';
export { UnitReader } from './stream/unit-reader.ts';
export type { Ask } from './translate/ask.ts';
export type { UndoOf } from './translate/ruled-translation.ts';
export { type CommandLookup, type Translated, translateUnit } from './translate/translate-unit.ts';
export type { Deletion, SeenOf, UnitContext } from './translate/unit-translation.ts';
export { compareVersions, isNewer, newest, type Time, type Version, zeroVersion } from './version/version.ts';
