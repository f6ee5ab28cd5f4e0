/** What a handshake makes of a frame. */
import type { LinkError } from '../link-error.ts';

/** Send and go on, finish with `done`, or refuse. */
export type HandshakeStep<Done> =
  | { readonly kind: 'continue'; readonly send: Uint8Array }
  | { readonly kind: 'done'; readonly done: Done }
  | { readonly kind: 'refuse'; readonly error: LinkError };
