/** Entry of the command line: streams, signals and exit code of the process. */
import { runCli } from './runCli.js';

const cancellation = new AbortController();
process.once('SIGINT', () => {
  // Without a listener the second Ctrl-C ends the process at once, by the signal: `process.exit` would crash while ONNX Runtime runs.
  cancellation.abort();
});
process.once('SIGTERM', () => {
  cancellation.abort();
});
// The reader of a pipe may leave early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await runCli(
  process.argv.slice(2),
  {
    writeOut: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
    colourOut: process.stdout.isTTY && process.env.NO_COLOR === undefined,
    errorIsTerminal: process.stderr.isTTY,
    errorColumns: process.stderr.isTTY ? process.stderr.columns : 80,
  },
  cancellation.signal,
);
