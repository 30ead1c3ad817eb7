/** The main job: files → slices → embeddings → states → findings. */
import fs from 'node:fs';
import path from 'node:path';
import { parseHeadWeights, type HeadWeights } from '../../core/heads/headWeights.js';
import type { TunedHeads } from '../../core/heads/tunedHeads.js';
import { concludeRun, toNs, type RunConclusion } from '../../core/run/concludeRun.js';
import { cutState, type StatePart } from '../../core/run/cutState.js';
import { diagnoseBins } from '../../core/run/diagnoseRange.js';
import { decodeModel, encodeModel } from '../../core/run/modelCodec.js';
import type { RunModel } from '../../core/run/runModel.js';
import { rescanRunInSteps, scanRunInSteps, type RunScan, type ScoredWindows } from '../../core/run/scanRun.js';
import { profileRange as profileBins, type RangeProfile } from '../../core/similar/rangeProfile.js';
import { chooseWindowBins } from '../../core/slices/autoWindow.js';
import type { KnownState } from '../../core/states/knownStates.js';
import type { SliceEmbeddings } from '../../core/tokens/sliceTensors.js';
import { EngineError } from '../../protocol/engineError.js';
import type { CallContext, EnginePhase } from '../../protocol/engineRpc.js';
import type { Diagnosis, EmbedParams, ProviderChoice, TimelineView } from '../../protocol/views.js';
import type { SliceEncoder } from '../inference/encoders.js';
import { findInstallation } from '../installation.js';
import { chooseBinMs, toWindowBins } from './baseBins.js';
import { readDensity } from './density.js';
import { encodeSlices, lookUpTexts } from './encodeSlices.js';
import type { KeptRun, PipelineDependencies, ReadingDependencies, RunArtifacts } from './pipelineTypes.js';
import { readTelemetry, type Telemetry } from './readTelemetry.js';
import { settleReference } from './settleReference.js';
import { takeSteps } from './takeSteps.js';
import { toDiagnosisView, toIncidentViews, toSliceViews, toStateViews, toTransitionViews, toUsualRanges } from './toViews.js';

export interface ScannedRun {
  readonly telemetry: Telemetry;
  readonly scan: RunScan;
  readonly scanMs: number;
}

/** The part of the main job that needs no model: shared with the export of tensors. */
export async function scanFiles(params: EmbedParams, dependencies: ReadingDependencies, context: CallContext): Promise<ScannedRun> {
  const binMs = chooseBinMs(params);
  const telemetry = await readTelemetry(params, binMs, dependencies.parsedFiles, context, dependencies.parserThreads);
  context.signal.throwIfAborted();
  const startedMs = performance.now();
  report(context, 'features', 'comparing with what is usual');
  const { bins } = telemetry;
  const steps = scanRunInSteps(bins, {
    ...toWindowBins(params, binMs, chooseWindowBins(bins)),
    reference: (params.reference ?? []).map((range) => ({
      fromBin: Number(BigInt(range.startNs) / bins.binNs),
      toBin: Number(BigInt(range.endNs) / bins.binNs),
    })),
  });
  const scan = await takeSteps(steps, context.signal);
  return { telemetry, scan, scanMs: performance.now() - startedMs };
}

export async function embedRun(params: EmbedParams, dependencies: PipelineDependencies, context: CallContext): Promise<RunArtifacts> {
  const { telemetry, scan: first, scanMs } = await scanFiles(params, dependencies, context);
  context.signal.throwIfAborted();
  const heads = readHeads(dependencies.sliceEncoder.fingerprint);
  const ms = { text: 0, encode: 0 };
  const settleStartedMs = performance.now();
  const encode = encoderOf(dependencies, context, ms);
  const { scan, embeddings } = isReferenceAutomatic(params)
    ? await settleReference({ bins: telemetry.bins, scan: first, heads }, encode, context.signal)
    : { scan: first, embeddings: await encode(first) };
  const statesStartedMs = performance.now();
  report(context, 'states', 'placing slices in states');
  context.signal.throwIfAborted();
  const conclusion = concludeRun(telemetry.bins, scan, embeddings, heads, dependencies.tunedHeads, dependencies.knownStates);
  const { model } = conclusion;
  const warnings = [...telemetry.bins.warnings, ...scan.warnings, ...warnOfProvider(params.provider, dependencies.sliceEncoder)];
  const timeline = toTimeline(conclusion, scan, params, warnings);
  return {
    result: {
      provider: dependencies.sliceEncoder.provider,
      files: telemetry.files,
      ...toSummary(timeline),
      entities: model.entities,
      ms: {
        parse: telemetry.parseMs,
        aggregate: telemetry.aggregateMs,
        features: scanMs + (statesStartedMs - settleStartedMs - ms.text - ms.encode),
        ...ms,
        states: performance.now() - statesStartedMs,
      },
    },
    timeline,
    model,
    newStates: conclusion.newStates,
    embeddings,
  };
}

/** Encodes scans and counts how long texts and slices took. Progress is that of the first: those after it are tries. */
function encoderOf(
  dependencies: PipelineDependencies,
  context: CallContext,
  ms: { text: number; encode: number },
): (scan: RunScan) => Promise<SliceEmbeddings> {
  let inContext = context;
  return async (scan) => {
    if (inContext !== context) {
      report(context, 'features', 'looking for the part that is usual');
    }
    const startedMs = performance.now();
    const texts = await lookUpTexts(scan, dependencies, inContext);
    const textsAtMs = performance.now();
    const embeddings = await encodeSlices(scan, texts.vectors, dependencies, inContext);
    inContext = { ...context, onProgress: () => undefined };
    ms.text += textsAtMs - startedMs;
    ms.encode += performance.now() - textsAtMs;
    return embeddings;
  };
}

function isReferenceAutomatic({ reference = [] }: EmbedParams): boolean {
  return reference.length === 0;
}

/** Who asks for a provider by name is told when another one ran; `auto` passes over what is not there in silence. */
function warnOfProvider(asked: ProviderChoice, { provider, attempts }: SliceEncoder): string[] {
  const failed = attempts.find((attempt) => attempt.provider === asked && !attempt.chosen);
  return failed === undefined ? [] : [`${asked} cannot run the encoder here, ${provider} did: ${failed.reason}`];
}

/** What a run says when other heads judge it: slices and embeddings stay as they are, no file is read. */
export async function reconcludeRun(
  run: KeptRun,
  tuned: TunedHeads | null,
  signal: AbortSignal,
  known?: readonly KnownState[],
): Promise<Omit<RunArtifacts, 'embeddings'>> {
  const { params, result } = run;
  const { scan, conclusion } = await concludeAgain(run, tuned, signal, known);
  const timeline = toTimeline(conclusion, scan, params, result.warnings);
  return { result: { ...result, ...toSummary(timeline) }, timeline, model: conclusion.model, newStates: conclusion.newStates };
}

export async function cutRunState(
  run: KeptRun,
  tuned: TunedHeads | null,
  known: readonly KnownState[],
  state: string,
  signal: AbortSignal,
): Promise<readonly [StatePart, StatePart] | undefined> {
  return cutState((await concludeAgain(run, tuned, signal, known)).conclusion, state);
}

async function concludeAgain(
  { model, embeddings }: KeptRun,
  tuned: TunedHeads | null,
  signal: AbortSignal,
  known?: readonly KnownState[],
): Promise<{ readonly scan: ScoredWindows; readonly conclusion: RunConclusion }> {
  const scan = await takeSteps(rescanRunInSteps({ ...model, starts: model.verdicts.starts }), signal);
  return { scan, conclusion: concludeRun(model.bins, scan, embeddings, model.heads, tuned, known) };
}

function toTimeline(
  conclusion: RunConclusion,
  scan: ScoredWindows,
  params: EmbedParams,
  warnings: readonly string[],
): Omit<TimelineView, 'run'> {
  const { model } = conclusion;
  const slices = toSliceViews(scan, conclusion);
  const states = toStateViews(conclusion);
  const density = readDensity(model.bins);
  const lastStart = scan.windows.starts[scan.windows.starts.length - 1] ?? 0;
  return {
    startNs: toNs(model, scan.windows.starts[0] ?? 0).toString(),
    endNs: toNs(model, lastStart + model.lengthBins).toString(),
    binMs: density === undefined ? 0 : Number(density.binNs) / 1e6,
    density: density?.counts ?? { log: [], trace: [], metric: [] },
    slices,
    states,
    transitions: toTransitionViews(slices, states),
    incidents: toIncidentViews(conclusion),
    reference: params.reference ?? toUsualRanges(slices, model.heads.detection.threshold),
    referenceIsAutomatic: isReferenceAutomatic(params),
    threshold: model.heads.detection.threshold,
    headline: conclusion.headline,
    warnings,
  };
}

function toSummary({ slices, states, incidents, headline, warnings }: Omit<TimelineView, 'run'>) {
  return { slices: slices.length, states, incidents, headline, warnings };
}

/** @throws EngineError `bad-argument` when the range holds nothing of the run */
export function diagnoseRange(model: RunModel, fromNs: bigint, toNs: bigint): Diagnosis {
  return toDiagnosisView(model, diagnoseBins(model, ...toBins(model, fromNs, toNs)));
}

export function profileRange(
  model: RunModel,
  embeddings: Pick<SliceEmbeddings, 'dim' | 'slices'>,
  fromNs: bigint,
  toNs: bigint,
): RangeProfile {
  return profileBins(model, embeddings, ...toBins(model, fromNs, toNs));
}

/** @throws EngineError when the range lies outside of the run */
function toBins({ bins }: RunModel, fromNs: bigint, toNs: bigint): [fromBin: number, toBin: number] {
  const { binNs, density } = bins;
  const nearest = (ns: bigint): number => Math.round(Number((ns * 1000n) / binNs) / 1000);
  const fromBin = nearest(fromNs);
  const toBin = Math.max(fromBin + 1, nearest(toNs));
  const first = density.bins.reduce((least, bin) => Math.min(least, bin), Infinity);
  const last = density.bins.reduce((most, bin) => Math.max(most, bin), -Infinity);
  if (toNs <= fromNs || toBin <= first || fromBin > last) {
    throw new EngineError('bad-argument', 'the range lies outside the run; choose a range inside the times that `slices` lists');
  }
  return [fromBin, toBin];
}

export function encodeRunModel(model: RunModel): Uint8Array {
  const encoder = new TextEncoder();
  return encodeModel(model, (text) => encoder.encode(text));
}

export function decodeRunModel(bytes: Uint8Array): RunModel {
  const decoder = new TextDecoder();
  return decodeModel(bytes, (part) => decoder.decode(part)) as RunModel;
}

/**
 * The default heads that ship beside the encoder.
 * @param encoder fingerprint of the slice encoder whose embeddings they will read
 * @throws EngineError `model` when the file is missing, damaged, or was trained on embeddings of another encoder
 */
export function readHeads(encoder: string): HeadWeights {
  const file = path.join(findInstallation().encoderFolder, 'heads.json');
  try {
    const heads = parseHeadWeights(JSON.parse(fs.readFileSync(file, 'utf8')));
    if (heads.encoder !== encoder) {
      throw new Error(`trained on embeddings of encoder ${heads.encoder.slice(0, 12)}…, this one is ${encoder.slice(0, 12)}…`);
    }
    return heads;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable';
    throw new EngineError('model', `${file}: ${reason}; install RuntimeSlicer again`, { cause: error });
  }
}

function report(context: CallContext, phase: EnginePhase, detail: string): void {
  context.onProgress({ phase, fraction: 0, detail, records: 0 });
}
