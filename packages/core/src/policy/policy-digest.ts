/** A short digest of policies, by which sites notice that they do not have the same. */
import { fromByteString } from '../bytes/byte-string.ts';
import { crc32 } from '../bytes/crc32.ts';
import type { PolicyRule } from './rule.ts';

/** Eight hexadecimal digits; '' for no policies. The order counts, in which databases are named does not. */
export function policyDigest(policies: readonly PolicyRule[]): string {
  if (policies.length === 0) return '';
  const rules = policies.map(({ keys, databases, policy }) => [
    keys,
    databases && [...databases].sort((a, b) => a - b),
    policy,
  ]);
  return (crc32(fromByteString(JSON.stringify(rules))) >>> 0).toString(16).padStart(8, '0');
}
