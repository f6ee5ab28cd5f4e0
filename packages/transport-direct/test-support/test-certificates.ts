/** A certificate authority of its own, made by openssl for one run, and certificates for 127.0.0.1 signed by it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export function makeCertificates(): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'entwine-certificates-'));
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  try {
    openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test CA');
    openssl('req', ...key, '-keyout', 'site.key', '-out', 'site.csr', '-subj', '/CN=site');
    writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
    openssl('x509', '-req', '-in', 'site.csr', '-out', 'site.pem', ...signed);
    const read = (name: string): string => readFileSync(at(name), 'utf8');
    return { ca: read('ca.pem'), cert: read('site.pem'), key: read('site.key') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
