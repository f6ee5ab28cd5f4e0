export { crc64 } from './bytes/crc64.ts';
export { type DecodedDump, decodeDump } from './decode-dump.ts';
export { type DecodedFunctions, decodeFunctions } from './decode-functions.ts';
export { type EncodableValue, type EncodeOptions, encodeDump } from './encode-dump.ts';
export type { RdbFailure, RdbFailureCode } from './rdb-failure.ts';
export { defaultRdbLimits, type RdbLimits } from './rdb-limits.ts';
export type {
  Flavour,
  HashField,
  HashValue,
  ListValue,
  ModuleValue,
  PendingEntry,
  RdbValue,
  SetValue,
  StreamConsumer,
  StreamEntry,
  StreamGroup,
  StreamId,
  StreamIdempotency,
  StreamProducer,
  StreamValue,
  StringValue,
  ZsetMember,
  ZsetValue,
} from './rdb-value.ts';
