/** A reply of the model as a `Target` gives it to the engine. */
import { fromByteString, type ReplyValue, type TargetReply } from '@entwine/core';
import { isFailure, type ModelReply } from './reply.ts';

/** What a `Target` answers where the apply script has replied this. An error is a refusal of a call that has been sent. */
export function targetReply(reply: ModelReply): TargetReply {
  if (Array.isArray(reply)) return { ok: true, reply: String(reply[0]), values: reply.slice(1).map(replyValue) };
  if (isFailure(reply)) return { ok: false, sent: true, code: 'refused', message: reply.error };
  return { ok: true, reply: String(reply) };
}

function replyValue(reply: ModelReply): ReplyValue {
  if (typeof reply === 'string') return fromByteString(reply);
  if (typeof reply === 'bigint') return String(reply);
  if (typeof reply === 'number' || reply === null) return reply;
  if ('status' in reply) return reply.status;
  if ('error' in reply) throw new Error(reply.error);
  return reply.map(replyValue);
}
