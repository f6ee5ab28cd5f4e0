import { expect, test } from 'vitest';
import { markerDigest } from './marker-digest.ts';

test('the digest is short printable text without a colon and depends on text, secret and deployment', () => {
  const digest = markerDigest('a secret of many letters', 'demo');
  expect(digest('own:1')).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(digest('own:1')).toBe(digest('own:1'));
  const others = [digest('own:2'), markerDigest('another secret here', 'demo')('own:1')];
  others.push(markerDigest('a secret of many letters', 'other')('own:1'));
  expect(new Set([digest('own:1'), ...others]).size).toBe(4);
});
