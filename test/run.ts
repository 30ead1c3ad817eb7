// Runs parts of the tests and ends with one line, `N passed, N failed`: `node --import ./test/typescript.mjs test/run.ts check|all|e2e|packaging|bench`.
import { runBenchmarks, runCommand, runPackaging, runPython, runVitest, startHostInstallation, type PartResult } from './runner/parts.js';

const checks = async (): Promise<PartResult[]> => [
  await runCommand('types', 'npm', ['run', '--silent', 'check:types']),
  await runCommand('lint', 'npm', ['run', '--silent', 'lint']),
  await runCommand('format', 'npm', ['run', '--silent', 'format']),
];

async function workbench(): Promise<PartResult[]> {
  const host = startHostInstallation();
  return [await runPackaging(), await host, await runVitest(['e2e'])];
}

const parts: Readonly<Record<string, () => Promise<PartResult[]>>> = {
  check: async () => [...(await checks()), await runVitest(['unit'])],
  all: async () => {
    // Downloading and compiling the host takes minutes the first time; it goes on beside the other parts.
    const host = startHostInstallation();
    const before = [...(await checks()), await runVitest(['unit', 'webview', 'model']), await runPython(), await runPackaging()];
    before.push(await runVitest(['packaging']), await host);
    return [...before, await runVitest(['e2e'])];
  },
  packaging: async () => [await runPackaging(), await runVitest(['packaging'])],
  e2e: workbench,
  bench: () => runBenchmarks(process.argv.slice(3)),
};

const part = parts[process.argv[2] ?? ''];
if (part === undefined) {
  process.stderr.write(`usage: test/run.ts ${Object.keys(parts).join('|')}\n`);
  process.exit(2);
}
const results = await part();
process.stdout.write('\n');
for (const { name, passed, failed, skipped, seconds, note } of results) {
  const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  process.stdout.write(`${name.padEnd(20)} ${counts}, ${seconds.toFixed(1)} s${note === undefined ? '' : ` (${note})`}\n`);
}
const sum = (field: 'passed' | 'failed') => results.reduce((total, result) => total + result[field], 0);
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed\n`);
process.exitCode = sum('failed') > 0 ? 1 : 0;
