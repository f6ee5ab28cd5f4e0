/**
 * Findings as text for a person: by subject, the severity first, the remedy below.
 */
import type { Finding, Severity } from './finding.ts';

/** The findings and a closing line with the counts. */
export function renderFindings(findings: readonly Finding[]): string {
  const lines: string[] = [];
  const subjects = new Set(findings.map((one) => one.subject));
  for (const subject of subjects) {
    const own = findings.filter((one) => one.subject === subject);
    const width = Math.max(...own.map((one) => one.name.length));
    lines.push(subject);
    for (const one of own) {
      const indent = `  ${''.padEnd(7)}  ${''.padEnd(width)}  `;
      lines.push(`  ${one.severity.padEnd(7)}  ${one.name.padEnd(width)}  ${one.message}`);
      if (one.remedy !== '')
        lines.push(...one.remedy.split('\n').map((line, i) => `${indent}${i === 0 ? '-> ' : '   '}${line}`));
    }
    lines.push('');
  }
  const count = (severity: Severity): number => findings.filter((one) => one.severity === severity).length;
  lines.push(`${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}`, '');
  return lines.join('\n');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
