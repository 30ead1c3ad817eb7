/**
 * What is read from given files or folders, how fast, in how much memory and with how long a silence between two events:
 * `node --import ./test/typescript.mjs test/benchmarks/ingest/files.ts PATH...`, on the worker threads of `dist` where it is built.
 * One line per file with its format, records, rejects and reasons; a summary at the end.
 */
import { ingest } from '../../../src/engine/ingest/ingest.js';
import type { FileReport } from '../../../src/protocol/views.js';

const paths = process.argv.slice(2);
const quiet = process.env.QUIET === '1';
const reports: FileReport[] = [];
let chunks = 0;
let longestSilenceMs = 0;
const start = performance.now();
let last = start;
await ingest(
  paths,
  { workerScript: new URL('../../../dist/ingestWorker.mjs', import.meta.url) },
  (event) => {
    const now = performance.now();
    longestSilenceMs = Math.max(longestSilenceMs, now - last);
    last = now;
    if (event.type === 'chunk') {
      chunks++;
    } else if (event.type === 'fileDone') {
      reports.push(event.report);
    }
  },
  new AbortController().signal,
);
const seconds = (performance.now() - start) / 1000;
const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
if (!quiet) {
  for (const report of reports) {
    const reasons = report.reasons.map(({ reason, count, lines }) => `${reason} ×${count} (line ${lines.join(', ')})`).join('; ');
    print(
      `${report.format.padEnd(14)} ${String(report.records).padStart(8)} ${String(report.rejected).padStart(6)} ${report.path} ${report.refusal ?? ''} ${reasons}`,
    );
  }
}
const sum = (pick: (report: FileReport) => number): number => reports.reduce((total, report) => total + pick(report), 0);
const bytes = sum((report) => report.sizeBytes);
print(
  JSON.stringify({
    files: reports.length,
    refused: reports.filter(({ format }) => format === 'refused').length,
    duplicates: reports.filter(({ format }) => format === 'duplicate').length,
    bytes,
    logs: sum(({ recordsByModality }) => recordsByModality.log),
    spans: sum(({ recordsByModality }) => recordsByModality.trace),
    points: sum(({ recordsByModality }) => recordsByModality.metric),
    rejected: sum(({ rejected }) => rejected),
    chunks,
    seconds: Number(seconds.toFixed(2)),
    mbPerSecond: Number((bytes / 1e6 / seconds).toFixed(1)),
    longestSilenceMs: Math.round(longestSilenceMs),
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
