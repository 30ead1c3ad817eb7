/**
 * Chooses an execution provider: each candidate is opened and warmed up, and must reproduce the reference embeddings. ONNX Runtime
 * never falls back by itself, so this does, and keeps every reason.
 */
import { EngineError } from '../../protocol/engineError.js';
import type { ProviderAttempt, ProviderChoice, ProviderName } from '../../protocol/views.js';

/** What a warm-up found out. */
export interface WarmUp {
  /** Largest absolute difference from the reference. */
  readonly difference: number;
  /** Time of a second run, when everything is compiled. */
  readonly runMs: number;
}

export interface Candidate<T> {
  /** Why the provider is not even to be opened: some say what they miss on stderr of the process. */
  findObstacle?(provider: ProviderName): string | undefined;
  /** What a provider that could not be opened needs and this machine lacks; ONNX Runtime does not say. */
  findMissingLibraries?(provider: ProviderName): readonly string[];
  /** @throws when the provider cannot be used. */
  open(provider: ProviderName): Promise<T>;
  warmUp(opened: T): Promise<WarmUp>;
  dispose(opened: T): Promise<void>;
}

export interface ChosenProvider<T> {
  readonly provider: ProviderName;
  readonly opened: T;
  readonly attempts: readonly ProviderAttempt[];
}

/**
 * With `auto`, a provider whose warm-up run takes longer than this is passed over: a software Vulkan driver reproduces the
 * reference and is a thousand times slower than the CPU. A real GPU takes 4–5 ms, the CPU about 10.
 */
const AUTO_RUN_LIMIT_MS = 150;

/** Candidates in the order to try; the CPU is always the last. @param known what the runtime was built with */
export function listCandidates(choice: ProviderChoice, known: readonly string[]): ProviderName[] {
  if (choice !== 'auto') {
    return choice === 'cpu' ? ['cpu'] : [choice, 'cpu'];
  }
  const order: readonly ProviderName[] = ['cuda', 'coreml', 'dml', 'webgpu', 'cpu'];
  return order.filter((provider) => provider === 'cpu' || known.includes(provider));
}

/** @throws EngineError `provider` with every reason, only when not even the CPU works. */
export async function chooseProvider<T>(
  choice: ProviderChoice,
  known: readonly string[],
  tolerance: Readonly<Record<ProviderName, number>>,
  candidate: Candidate<T>,
  onAttempt: (attempt: ProviderAttempt) => void = () => undefined,
): Promise<ChosenProvider<T>> {
  const attempts: ProviderAttempt[] = [];
  for (const provider of listCandidates(choice, known)) {
    const started = performance.now();
    const report = (chosen: boolean, reason: string, warmUpMs: number | null): void => {
      const attempt = { provider, chosen, reason, warmUpMs };
      attempts.push(attempt);
      onAttempt(attempt);
    };
    const obstacle = candidate.findObstacle?.(provider);
    if (obstacle !== undefined) {
      report(false, obstacle, null);
      continue;
    }
    let opened: T | undefined;
    try {
      opened = await candidate.open(provider);
      const { difference, runMs } = await candidate.warmUp(opened);
      const warmUpMs = Math.round(performance.now() - started);
      const limit = tolerance[provider];
      if (!(difference <= limit)) {
        report(false, `differs from the reference by ${toShort(difference)}, at most ${toShort(limit)} is allowed`, warmUpMs);
      } else if (choice === 'auto' && provider !== 'cpu' && runMs > AUTO_RUN_LIMIT_MS) {
        report(false, `too slow: ${Math.round(runMs)} ms for the reference slices (a software driver?)`, warmUpMs);
      } else {
        report(true, `ok, parity ${toShort(difference)}`, warmUpMs);
        return { provider, opened, attempts };
      }
    } catch (error) {
      const missing = opened === undefined ? candidate.findMissingLibraries?.(provider) : undefined;
      report(false, explain(error, missing ?? []), null);
    }
    await dispose(candidate, opened);
  }
  const reasons = attempts.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
  throw new EngineError(
    'provider',
    `no execution provider can run the encoder (${reasons}); run "runtimeslicer doctor" and install RuntimeSlicer again`,
  );
}

/** A session of a GPU that has failed may fail to close as well: that must not keep the next provider from being tried. */
async function dispose<T>(candidate: Candidate<T>, opened: T | undefined): Promise<void> {
  try {
    if (opened !== undefined) {
      await candidate.dispose(opened);
    }
  } catch {
    // Why it was passed over is reported already.
  }
}

function toShort(value: number): string {
  return value === 0 ? '0' : value.toExponential(0);
}

/** The provider's own words, in one line, without its source positions; and what it lacks. */
function explain(error: unknown, missing: readonly string[]): string {
  const text = error instanceof Error ? error.message : 'unknown reason';
  const line = text.replace(/\s+/g, ' ').trim();
  // CUDA's own reason stands behind hundreds of characters of C++ types, and before the place in the source.
  const plain =
    /\b(?:CUDA|CU[A-Z]+) failure \d+: [^;]*[^; ]/.exec(line)?.[0] ?? line.replace(/^\S*onnxruntime\S*\.cc:\d+ .*? was false\. /, '');
  const reason = plain === '' ? 'unknown reason' : plain.slice(0, 300);
  return missing.length === 0 ? reason : `${reason}; not found: ${missing.join(', ')} (LD_LIBRARY_PATH names the folders)`;
}
