/**
 * The apply script over the model: the twin, in TypeScript, of the script by which Entwine writes to a Redis.
 *
 * Arguments, replies and effects are those of the script; `applyScript` of the core tells what they are. A test runs both
 * on the same calls. Where the script stops because an argument is no number, the twin's error has other words; a call that
 * lacks arguments always stops the twin.
 */
import { applyOperations } from './apply-operations.ts';
import { ApplyRun } from './apply-run.ts';
import { applyStreamOperations } from './apply-stream-script.ts';
import type { RedisModel } from './redis-model.ts';
import { isFailure, type ModelReply } from './reply.ts';

/** Where the operations begin: behind three arguments about the peer and three about ourselves. */
const firstOperation = 6;

/** Runs the script, as one unit, in database 0. @param key - the marker's */
export function runApplyScript(model: RedisModel, key: string, args: readonly string[]): ModelReply {
  return model.script(model.connect(), (calls) => {
    const run = new ApplyRun(calls, key, args);
    return mark(run) ?? operate(run);
  });
}

/** Checks the marker and moves it on; returns the script's reply when it stops there. */
function mark(run: ApplyRun): string | undefined {
  const { marker } = run;
  const [peer, expectedPeer, nextPeer] = [run.argument(0), run.argument(1), run.argument(2)];
  const [own, expectedOwn, nextOwn] = [run.argument(3), run.argument(4), run.argument(5)];
  let heldOwn = run.try('HGET', marker, own);
  if (isFailure(heldOwn)) {
    if (expectedOwn !== '') return 'type';
    run.unlink(marker);
    heldOwn = null;
  }
  if ((heldOwn ?? '') !== expectedOwn) return `own:${heldOwn ?? ''}`;
  if (peer === '') {
    run.call('HSET', marker, own, nextOwn);
    return undefined;
  }
  const heldPeer = run.call('HGET', marker, peer) ?? '';
  if (heldPeer !== expectedPeer) return `peer:${heldPeer}`;
  run.call('HSET', marker, peer, nextPeer, own, nextOwn);
  return undefined;
}

function operate(run: ApplyRun): ModelReply {
  const { args } = run;
  for (let at = firstOperation; at < args.length; ) {
    const letter = args[at]!;
    const operation = applyOperations.get(letter) ?? applyStreamOperations.get(letter);
    if (operation === undefined) return { error: 'ENTWINE unknown operation' };
    at = operation(run, at);
  }
  const told = `ok:${run.refused}`;
  return run.values.length === 0 ? told : [told, ...run.values];
}
