/**
 * `entwine check`: the findings on standard output, as text or JSON.
 */
import { renderFindings } from '../check/render-findings.ts';
import { runCheck } from '../check/run-check.ts';
import { configSecrets } from '../config/config-secrets.ts';
import { loadConfig } from '../config/load-config.ts';
import type { ExitName } from '../exit-codes.ts';
import { createRedactor, redactValue } from '../redactor.ts';
import type { Console } from './console.ts';

/** Checks the file and what it connects to. @throws ConfigError */
export async function checkCommand(file: string, json: boolean, console: Console): Promise<ExitName> {
  const config = loadConfig(file, console.env);
  const redact = createRedactor(configSecrets(config));
  const findings = await runCheck(config);
  const count = (severity: string): number => findings.filter((one) => one.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  if (json) {
    const value = { config: config.file, site: config.site, shard: config.shard, errors, warnings, findings };
    console.out(`${JSON.stringify(redactValue(value, redact), null, 2)}\n`);
  } else console.out(redact(renderFindings(findings)));
  return errors > 0 ? 'checkFailed' : 'ok';
}
