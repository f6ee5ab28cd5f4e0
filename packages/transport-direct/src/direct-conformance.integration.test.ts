import { transportConformance } from '@entwine/testkit';
import { beforeAll, describe, test } from 'vitest';
import { DirectWorld } from '../test-support/direct-world.ts';
import { makeCertificates, type TestCertificates } from '../test-support/test-certificates.ts';
import type { DirectSecurity } from './index.ts';

const token = 'a token for the tests';
let certificates: TestCertificates;
beforeAll(() => {
  certificates = makeCertificates();
});

const kinds: Readonly<Record<string, () => DirectSecurity>> = {
  plain: () => ({ kind: 'plain' }),
  'plain with a token': () => ({ kind: 'plain', token }),
  'mutual TLS': () => ({ kind: 'tls', mutual: true, ...certificates }),
  'a token over TLS': () => ({ kind: 'token-tls', token, ...certificates }),
};

for (const [name, security] of Object.entries(kinds)) {
  describe(name, () => {
    for (const { name: title, run } of transportConformance) {
      test(title, () => run((sites) => DirectWorld.make(sites, { security: security() })));
    }
  });
}

describe('tight limits', () => {
  const limits = { windowBytes: 4096, maxFrameBytes: 1024, maxSendBytes: 3000, sendBufferBytes: 2048 };
  for (const { name, run } of transportConformance) {
    test(name, () => run((sites) => DirectWorld.make(sites, { limits })));
  }
});
