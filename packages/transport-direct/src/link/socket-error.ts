/** What an error of node's sockets means for a link. */
import { constants } from 'node:os';
import { LinkError } from '../link-error.ts';

/** Network trouble passes by itself; everything else that a TLS socket raises is about certificates and versions. */
export function socketError(error: Error & { readonly code?: string }): LinkError {
  const code = error.code ?? '';
  if (error instanceof AggregateError || code.startsWith('EAI_') || code === 'ENOTFOUND') {
    return new LinkError('unreachable', describe(error), error);
  }
  if (!(code in constants.errno) && code !== 'ERR_STREAM_PREMATURE_CLOSE') {
    return new LinkError('tls', describe(error), error);
  }
  const ended = code === 'ECONNRESET' || code === 'EPIPE' || code === 'ETIMEDOUT';
  return new LinkError(ended ? 'closed' : 'unreachable', describe(error), error);
}

function describe(error: Error & { readonly code?: string }): string {
  const reasons = error instanceof AggregateError ? error.errors.map(String).join('; ') : error.message;
  return `${error.code === undefined ? '' : `${error.code}: `}${reasons}`;
}
