/**
 * Error replies to the apply script, as codes of the `Target` port.
 *
 * Rules: decided by the first word of the reply, which Redis keeps stable; whatever is not known is `refused`.
 */
import type { TargetFailure } from '@entwine/core';

const codes: Readonly<Record<string, TargetFailure['code']>> = {
  READONLY: 'readonly',
  OOM: 'oom',
  LOADING: 'loading',
  NOPERM: 'denied',
  NOAUTH: 'denied',
  WRONGPASS: 'denied',
  DENIED: 'denied',
  BUSY: 'busy',
  MASTERDOWN: 'unreachable',
};

/** The code for an error reply. */
export function failureCode(message: string): TargetFailure['code'] {
  const word = message.slice(0, message.search(/\s|$/));
  return codes[word] ?? 'refused';
}
