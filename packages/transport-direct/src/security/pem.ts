/** PEM as node's TLS takes it. */
import type { Pem } from '../direct-options.ts';

export function pem(value: Pem): string | Buffer {
  return typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
