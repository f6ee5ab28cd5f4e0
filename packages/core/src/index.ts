export { type ByteString, equalBytes, fromByteString, toByteString } from './bytes/byte-string.ts';
export { epoch, HybridClock, timeOfUnix, unixOfTime } from './clock/hybrid-clock.ts';
export {
  type Base,
  type CounterCell,
  type Entry,
  type Expiry,
  type Op,
  type Origin,
  opVersion,
} from './entry/entry.ts';
export type {
  Attachment,
  EntryBatch,
  LinkStatus,
  Log,
  LogCommit,
  LogRecord,
  LogStream,
  Position,
  Source,
  SourceSink,
  Target,
  TargetFailure,
  TargetReply,
  Transport,
  TransportHost,
  WallClock,
} from './ports.ts';
export { compareVersions, isNewer, newest, type Time, type Version, zeroVersion } from './version/version.ts';
