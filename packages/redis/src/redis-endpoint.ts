/**
 * Where a Redis or Valkey server listens and how to sign in there.
 *
 * Rules: an endpoint is plain data. `endpointName` is what messages and status show; nothing here prints a password.
 */

/** Key material and checks of a TLS connection; the shapes are those of `node:tls`. */
export interface RedisTls {
  /** Authorities that the server's certificate must come from, PEM. @defaultValue the system's */
  readonly ca?: string | Buffer;
  /** Our own certificate, PEM, for servers with `tls-auth-clients yes`. */
  readonly cert?: string | Buffer;
  /** The private key of `cert`, PEM. */
  readonly key?: string | Buffer;
  /** The name expected in the server's certificate. @defaultValue the host, unless that is an IP address */
  readonly servername?: string;
  /** Whether a certificate that does not verify ends the connection. @defaultValue true */
  readonly rejectUnauthorized?: boolean;
}

/** One Redis or Valkey server. */
export interface RedisEndpoint {
  readonly host: string;
  readonly port: number;
  /** ACL user. @defaultValue the default user */
  readonly username?: string;
  readonly password?: string;
  /** Speak TLS, with these options; absent: plain TCP. */
  readonly tls?: RedisTls;
}

/** `host:port`, with IPv6 addresses in brackets. */
export function endpointName(endpoint: { readonly host: string; readonly port: number }): string {
  return endpoint.host.includes(':') ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`;
}
