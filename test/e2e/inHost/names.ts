/** The tests that run inside the extension host, in order; vitest shows one line for each. */
export const IN_HOST_TESTS = [
  'activates without starting the engine',
  'registers every command that the manifest declares',
  'embeds the sample incident and finds its labelled root cause',
  'reuses the run when nothing has changed',
  'cancels an embed and stays usable',
  'refuses a broken file with its name and the reason',
  'starts the engine again after it was killed',
  'reports provider, parity and a whole store',
] as const;

export type InHostTest = (typeof IN_HOST_TESTS)[number];

export interface InHostResult {
  readonly name: InHostTest;
  readonly ms: number;
  /** Null when it passed. */
  readonly error: string | null;
}

/** Environment variables that tell the tests inside where to write. */
export const IN_HOST_REPORT = 'RUNTIMESLICER_IN_HOST_REPORT';
export const IN_HOST_SCRATCH = 'RUNTIMESLICER_IN_HOST_SCRATCH';
