import { expect, it } from 'vitest';
import { errorOfReply, RedisError, redact } from './redis-error.ts';

const endpoint = { host: '::1', port: 6379, password: 'hunter2' };

it('never shows a password that a server echoes', () => {
  const reply = "ERR unknown command 'AUTH', with args beginning with: 'hunter2' ";
  const error = errorOfReply(reply, endpoint, 'AUTH');
  expect(error.message).not.toContain('hunter2');
  expect(error.message).toContain('[::1]:6379');
  expect(redact(`a${'\n'}hunter2`.repeat(100), endpoint).length).toBeLessThan(210);
});

it.each([
  ['NOAUTH Authentication required.', 'not-authenticated', false],
  ['WRONGPASS invalid username-password pair', 'not-authenticated', false],
  ["NOPERM this user has no permissions to run the 'psync' command", 'denied', false],
  ['LOADING Redis is loading the dataset in memory', 'loading', true],
  ["NOMASTERLINK Can't SYNC while not connected with my master", 'master-link-down', true],
  ['BUSY Redis is busy running a script.', 'busy', true],
  ['ERR whatever', 'refused', true],
] as const)('gives %j the code %s', (reply, code, retriable) => {
  const error = errorOfReply(reply, endpoint, 'PSYNC');
  expect(error).toBeInstanceOf(RedisError);
  expect(error).toMatchObject({ code, retriable });
});
