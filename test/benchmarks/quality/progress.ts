/** What the benchmark is doing, on stderr, so that its tables stand alone on stdout. */
const startedMs = performance.now();

export function reportProgress(what: string): void {
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0).padStart(4);
  process.stderr.write(`${seconds} s  ${what}\n`);
}
