/**
 * JSON log lines by pino, with secrets taken out before a line is made.
 *
 * Rules: one line per event on the given stream, written at once. Fields that pino owns (`level`, `time`, `msg`) are not
 * overwritten by an event's fields of the same name: those go under `fields`.
 */
import { type DestinationStream, pino } from 'pino';
import type { LogLevel } from './config/config.ts';
import { type Redactor, redactValue } from './redactor.ts';

/** Writes one event. */
export type Logger = (
  level: Exclude<LogLevel, 'silent'>,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** What a logger is made from. `base` stands on every line. */
export interface LoggerOptions {
  readonly level: LogLevel;
  readonly redact: Redactor;
  readonly base: Readonly<Record<string, string>>;
  readonly stream: DestinationStream;
}

const reserved = ['level', 'time', 'msg'];

/** A logger with ISO times and named levels. */
export function createLogger(options: LoggerOptions): Logger {
  const formatters = { level: (label: string) => ({ level: label }) };
  const timestamp = pino.stdTimeFunctions.isoTime;
  const sink = pino({ level: options.level, base: { ...options.base }, formatters, timestamp }, options.stream);
  const clashing = [...reserved, ...Object.keys(options.base)];
  return (level, message, fields = {}) => {
    if (!sink.isLevelEnabled(level)) return;
    const clean = redactValue(fields, options.redact) as Record<string, unknown>;
    const safe = Object.keys(clean).some((name) => clashing.includes(name)) ? { fields: clean } : clean;
    sink[level](safe, options.redact(message));
  };
}
