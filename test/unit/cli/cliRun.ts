import { runCli, type ExitCode } from '../../../src/cli/runCli.js';

export interface CliRun {
  readonly code: ExitCode;
  readonly out: string;
  readonly error: string;
}

/** Runs the command line in this process, as if no stream were a terminal. */
export async function runTestCli(args: readonly string[], signal: AbortSignal = new AbortController().signal): Promise<CliRun> {
  let out = '';
  let error = '';
  const code = await runCli(
    args,
    {
      writeOut: (text) => {
        out += text;
      },
      writeError: (text) => {
        error += text;
      },
      colourOut: false,
      errorIsTerminal: false,
      errorColumns: 80,
    },
    signal,
  );
  return { code, out, error };
}
