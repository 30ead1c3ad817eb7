/** Labelled ranges of all embedded runs that are most like a given one, with what is the same and what differs. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { adaptRows, type Adapter } from '../../core/adaptation/adapter.js';
import { contrast } from '../../core/similar/contrast.js';
import type { RangeProfile } from '../../core/similar/rangeProfile.js';
import { rateSimilarity } from '../../core/similar/similarity.js';
import type { LabelView, SimilarIncidentView } from '../../protocol/views.js';
import type { KeptRuns } from '../keptRuns.js';
import type { Logger } from '../logger.js';
import type { Pipeline } from '../pipeline/pipelineTypes.js';
import { decodeRangeProfile, encodeRangeProfile } from './rangeProfileCodec.js';
import type { Store } from '../store/openStore.js';
import { toEngineError } from '../toEngineError.js';

export interface SimilarIncidentsOptions {
  readonly store: Store;
  readonly runs: KeptRuns;
  readonly loadPipeline: () => Promise<Pipeline>;
  /** What embeddings go through before they are compared. */
  readonly adapter: Adapter | undefined;
  readonly log: Logger;
}

export interface AskedRange {
  readonly run: string;
  readonly fromNs: bigint;
  readonly toNs: bigint;
  readonly limit?: number | undefined;
}

const DEFAULT_LIMIT = 5;

interface ProfiledLabel {
  readonly label: LabelView;
  readonly run: string;
  readonly profile: RangeProfile;
}

export async function findSimilarIncidents(
  { run, fromNs, toNs, limit = DEFAULT_LIMIT }: AskedRange,
  options: SimilarIncidentsOptions,
  signal: AbortSignal,
): Promise<SimilarIncidentView[]> {
  // A label of the asked range would find itself.
  const labels = options.store.labels.list().filter((label) => BigInt(label.startNs) >= toNs || BigInt(label.endNs) <= fromNs);
  if (labels.length === 0) {
    return [];
  }
  const asked = (await openRun(run, options, (name) => options.runs.loadModel(name)))(fromNs, toNs);
  const profiled = await profileLabels(labels, run, options, signal);
  // Profiles are kept as the encoder made them, whichever adapter is in use.
  const adapted = (profile: RangeProfile): RangeProfile => ({ ...profile, embedding: adaptRows(options.adapter, profile.embedding) });
  return profiled
    .map((found) => ({ ...found, similarity: rateSimilarity(adapted(asked), adapted(found.profile)) }))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, limit)
    .map(({ label, run: name, profile, similarity }) => ({ label, run: name, similarity, ...contrast(asked, profile) }));
}

/**
 * Each label on the asked run where that covers it, so that it can be looked at beside the range, else on the newest run that does: the same
 * files are often embedded more than once. Labels that no run covers are left out.
 */
async function profileLabels(
  labels: readonly LabelView[],
  asked: string,
  options: SimilarIncidentsOptions,
  signal: AbortSignal,
): Promise<ProfiledLabel[]> {
  const { store, log } = options;
  const spans = store.rangeProfiles.listSpans();
  const found: ProfiledLabel[] = [];
  let left = labels;
  for (const span of [...spans.filter(({ run }) => run === asked), ...spans.filter(({ run }) => run !== asked)]) {
    const inside = left.filter((label) => BigInt(label.startNs) < span.endNs && BigInt(label.endNs) > span.startNs);
    try {
      const profiles = await profileLabelsOf(span.run, inside, options, signal);
      found.push(...profiles);
      const taken = new Set(profiles.map(({ label }) => label));
      left = left.filter((label) => !taken.has(label));
    } catch (error) {
      signal.throwIfAborted();
      // A run of another version is no reason to say nothing of the others.
      log.warn(`labelled ranges of run ${span.run} are not compared: ${toEngineError(error).message}`);
    }
  }
  return found;
}

async function profileLabelsOf(
  run: string,
  labels: readonly LabelView[],
  options: SimilarIncidentsOptions,
  signal: AbortSignal,
): Promise<ProfiledLabel[]> {
  const { rangeProfiles } = options.store;
  const found: ProfiledLabel[] = [];
  let profileOf: Profiler | undefined;
  for (const label of labels) {
    const [startNs, endNs] = [BigInt(label.startNs), BigInt(label.endNs)];
    const kept = rangeProfiles.find(run, startNs, endNs);
    let profile = kept === undefined ? undefined : decodeRangeProfile(kept);
    if (profile === undefined && rangeProfiles.isCovered(run, startNs, endNs)) {
      profileOf ??= await openRun(run, options, (name) => options.runs.glanceAtModel(name));
      profile = profileOf(startNs, endNs);
      rangeProfiles.put(run, startNs, endNs, encodeRangeProfile(profile));
      await nextTurn();
      signal.throwIfAborted();
    }
    if (profile !== undefined) {
      found.push({ label, run, profile });
    }
  }
  return found;
}

type Profiler = (fromNs: bigint, toNs: bigint) => RangeProfile;

async function openRun(
  run: string,
  { store, loadPipeline }: SimilarIncidentsOptions,
  load: (run: string) => ReturnType<KeptRuns['loadModel']>,
): Promise<Profiler> {
  const model = await load(run);
  const pipeline = await loadPipeline();
  const { dim, rows } = store.runs.findEmbeddings(run) ?? { dim: 0, rows: new Float32Array(0) };
  return (fromNs, toNs) => pipeline.profileRange(model, { dim, slices: rows }, fromNs, toNs);
}
