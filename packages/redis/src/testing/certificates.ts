/**
 * Certificates of a test, made by openssl in its folder; never exported.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An authority and one certificate for 127.0.0.1 and `redis.test` that it signed. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** Makes certificates in `folder`. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const at = (name: string): string => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const authority = ['-x509', ...key, '-subj', '/CN=test authority', '-keyout', at('ca.key'), '-out', at('ca.crt')];
  await run('openssl', ['req', ...authority]);
  const names = 'subjectAltName=IP:127.0.0.1,DNS:redis.test';
  const signed = ['-x509', ...key, '-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-subj', '/CN=redis.test'];
  const leaf = ['-addext', names, '-addext', 'basicConstraints=critical,CA:FALSE'];
  await run('openssl', ['req', ...signed, ...leaf, '-keyout', at('redis.key'), '-out', at('redis.crt')]);
  const files = { ca: at('ca.crt'), cert: at('redis.crt'), key: at('redis.key') };
  const text = (path: string): Promise<string> => readFile(path, 'utf8');
  return { ca: await text(files.ca), cert: await text(files.cert), key: await text(files.key), files };
}
