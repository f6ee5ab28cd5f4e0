export { createDirectTransport } from './create-direct-transport.ts';
export type { DirectLimits, DirectOptions, DirectPeer, DirectSecurity, Pem } from './direct-options.ts';
export { defaultLimits } from './direct-options.ts';
export { DirectOptionsError, type DirectOptionsErrorCode } from './direct-options-error.ts';
export { LinkError, type LinkErrorCode } from './link-error.ts';
export type { VersionRange } from './wire/version-range.ts';
