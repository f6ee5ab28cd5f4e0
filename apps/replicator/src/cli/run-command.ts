/**
 * `entwine run`: the replicator with this process's signals, logs and last words.
 *
 * Rules: SIGTERM and SIGINT stop it in order; a second one ends it at once. An error that nobody caught is logged as fatal
 * and ends the process with code 1: state is on disk and in the marker, so a restart is always safe.
 */

import { configSecrets } from '../config/config-secrets.ts';
import { loadConfig } from '../config/load-config.ts';
import { type ExitName, exitCodes } from '../exit-codes.ts';
import { createLogger, type Logger } from '../logger.ts';
import { createRedactor } from '../redactor.ts';
import { runReplicator } from '../run-replicator.ts';
import { version } from '../version.ts';
import type { Console } from './console.ts';

/** Runs until a signal or an end. @throws ConfigError */
export async function runCommand(file: string, console: Console): Promise<ExitName> {
  const config = loadConfig(file, console.env);
  const log = createLogger({
    level: config.logLevel,
    redact: createRedactor(configSecrets(config)),
    base: { site: config.site, shard: config.shard },
    stream: { write: (line) => console.out(line) },
  });
  const stop = new AbortController();
  const release = watchProcess(stop, log);
  log('info', 'starting', { version, node: process.versions.node, pid: process.pid, config: config.file });
  try {
    return await runReplicator({ config, log, signal: stop.signal });
  } finally {
    release();
  }
}

function watchProcess(stop: AbortController, log: Logger): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      log('error', `${signal} again; ending at once`, { outcome: 'stopTimeout' });
      process.exit(exitCodes.stopTimeout);
    }
    log('info', `${signal}; stopping`);
    stop.abort();
  };
  const onCrash = (error: unknown): void => {
    log('fatal', `an error nobody caught: ${error instanceof Error ? error.message : String(error)}`, { error });
    process.exit(exitCodes.unexpected);
  };
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  process.on('uncaughtException', onCrash);
  process.on('unhandledRejection', onCrash);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
    process.off('uncaughtException', onCrash);
    process.off('unhandledRejection', onCrash);
  };
}
