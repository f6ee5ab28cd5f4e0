/**
 * The keyed digest of marker values: tells a marker written by this deployment from one that somebody typed.
 *
 * Rules: HMAC-SHA-256 with the deployment's secret, 128 bits of it as base64url text: printable, without `:`. The name of
 * the deployment is part of the text, so that two deployments with one secret do not accept each other's markers.
 */
import { createHmac } from 'node:crypto';

const bytes = 16;

/** A digest function for the engine. */
export function markerDigest(secret: string, deployment: string): (text: string) => string {
  return (text) => {
    const full = createHmac('sha256', secret).update(`entwine marker\n${deployment}\n${text}`).digest();
    return full.subarray(0, bytes).toString('base64url');
  };
}
