/**
 * Tokens of files as tensors for pretraining: the featurizer is here only, Python never parses telemetry. Numbers and text vectors
 * are half floats: their 3 digits are more than the deviations are worth, and a file is half as long.
 */
import fs from 'node:fs';
import path from 'node:path';
import { findTracedEdges } from '../../core/aggregate/telemetryBins.js';
import { FAMILY_COUNT, FEATURE_FAMILIES } from '../../core/features/families.js';
import { fuse } from '../../core/heads/fusion.js';
import { DETECTION_FEATURES, toDetectionFeatures, TYPE_FEATURES } from '../../core/heads/headFeatures.js';
import { TEXT_VECTOR_DIM, TOKEN_NUMBER_COUNT, TOKEN_NUMBERS, type SliceTokens } from '../../core/tokens/sliceTensors.js';
import type { CallContext } from '../../protocol/engineRpc.js';
import type { EmbedParams } from '../../protocol/views.js';
import { lookUpTexts } from './encodeSlices.js';
import { scanFiles, type ScannedRun } from './embedRun.js';
import { toHalfFloats } from './halfFloats.js';
import type { PipelineDependencies, RangeLabel } from './pipelineTypes.js';
import { writeSafetensors, type Tensor } from '../safetensors.js';

export interface ExportReport {
  readonly file: string;
  readonly slices: number;
  readonly tokens: number;
  readonly texts: number;
  readonly entities: number;
  readonly sizeBytes: number;
}

const NORMAL = 'normal';
const UNKNOWN = -1;

/**
 * Writes `<outDir>/<name of the first path>.safetensors`.
 * @param labels fault ranges; without them every slice is of unknown type. With them, slices that touch no fault are normal, slices
 * that lie in a fault for more than half are of its type, the others are unknown.
 */
export async function exportTensors(
  params: EmbedParams,
  dependencies: PipelineDependencies,
  outDir: string,
  labels: readonly RangeLabel[] | undefined,
  context: CallContext,
): Promise<ExportReport> {
  const scanned = await scanFiles(params, dependencies, context);
  const { vectors } = await lookUpTexts(scanned.scan, dependencies, context);
  context.signal.throwIfAborted();
  const textVectors = { shape: [scanned.scan.texts.length, TEXT_VECTOR_DIM], data: toHalfFloats(vectors) };
  const name = path.basename(path.resolve(params.paths[0] ?? 'run'));
  return writeTensors(path.join(outDir, `${name}.safetensors`), scanned, { text_vectors: textVectors }, labels);
}

/** @param texts one row for each of the scan's texts, in any form */
export function writeTensors(
  file: string,
  { telemetry, scan }: ScannedRun,
  texts: Readonly<Record<string, Tensor>>,
  labels: readonly RangeLabel[] | undefined,
): ExportReport {
  const { bins } = telemetry;
  const types = [NORMAL, ...new Set((labels ?? []).map((label) => label.type).filter((type) => type !== NORMAL))];
  const slices = scan.tokens;
  const starts = BigInt64Array.from(scan.windows.starts, (start) => BigInt(start) * bins.binNs);
  const lengthNs = BigInt(scan.windows.lengthBins) * bins.binNs;
  const labelled = Array.from(starts, (start) => toLabel(start, start + lengthNs, labels, types, bins.entities));
  const nTokens = slices.reduce((sum, slice) => sum + slice.text.length, 0);
  const nEdges = slices.reduce((sum, slice) => sum + slice.edgeCaller.length, 0);
  const nEntities = bins.entities.length;
  const tensors: Record<string, Tensor> = {
    ...texts,
    token_text: { shape: [nTokens], data: joinInts(slices, (slice) => slice.text, nTokens) },
    token_family: { shape: [nTokens], data: Uint8Array.from(joinInts(slices, (slice) => slice.family, nTokens)) },
    token_entity: { shape: [nTokens], data: joinInts(slices, (slice) => slice.entity, nTokens) },
    token_modality: { shape: [nTokens], data: Uint8Array.from(joinInts(slices, (slice) => slice.modality, nTokens)) },
    token_numbers: { shape: [nTokens, TOKEN_NUMBER_COUNT], data: toHalfFloats(joinFloats(slices.map((slice) => slice.numbers))) },
    slice_token_offsets: { shape: [slices.length + 1], data: toOffsets(slices.map((slice) => slice.text.length)) },
    n_entities: { shape: [1], data: Int32Array.of(nEntities) },
    slice_start_ns: { shape: [slices.length], data: starts },
    slice_end_ns: { shape: [slices.length], data: starts.map((start) => start + lengthNs) },
    edge_caller: { shape: [nEdges], data: joinInts(slices, (slice) => slice.edgeCaller, nEdges) },
    edge_callee: { shape: [nEdges], data: joinInts(slices, (slice) => slice.edgeCallee, nEdges) },
    edge_weight: { shape: [nEdges], data: joinFloats(slices.map((slice) => slice.edgeWeight)) },
    slice_edge_offsets: { shape: [slices.length + 1], data: toOffsets(slices.map((slice) => slice.edgeCaller.length)) },
    signed_scores: { shape: [slices.length, nEntities, FAMILY_COUNT], data: toHalfFloats(joinFloats(scan.signedScores)) },
    // Heads learn from labelled slices alone.
    ...(labels === undefined ? {} : toHeadInputs(scan, bins)),
    label_type: { shape: [slices.length], data: Int32Array.from(labelled, (label) => label.type) },
    label_entity: { shape: [slices.length], data: Int32Array.from(labelled, (label) => label.entity) },
  };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  writeSafetensors(file, tensors, {
    entities: JSON.stringify(bins.entities),
    types: JSON.stringify(types),
    families: JSON.stringify(FEATURE_FAMILIES.map((family) => family.id)),
    numbers: JSON.stringify(TOKEN_NUMBERS),
    detection_features: JSON.stringify(DETECTION_FEATURES),
    type_features: JSON.stringify(TYPE_FEATURES),
    source: labels === undefined ? 'unlabelled' : 'labelled',
    window_ms: String(Number(lengthNs) / 1e6),
  });
  return { file, slices: slices.length, tokens: nTokens, texts: scan.texts.length, entities: nEntities, sizeBytes: fs.statSync(file).size };
}

function toHeadInputs(scan: ScannedRun['scan'], bins: ScannedRun['telemetry']['bins']): Record<string, Tensor> {
  const fused = scan.familyScores.map((scores) => fuse(scores, bins.edges).entity);
  const tracedEdges = findTracedEdges(bins);
  const detection = scan.familyScores.map((scores) => toDetectionFeatures(scores, tracedEdges));
  return {
    detection_features: { shape: [fused.length, DETECTION_FEATURES.length], data: joinFloats(detection) },
    fused_scores: { shape: [fused.length, bins.entities.length], data: joinFloats(fused) },
  };
}

function toLabel(
  startNs: bigint,
  endNs: bigint,
  labels: readonly RangeLabel[] | undefined,
  types: readonly string[],
  entities: readonly string[],
): { type: number; entity: number } {
  if (labels === undefined) {
    return { type: UNKNOWN, entity: UNKNOWN };
  }
  let touched = false;
  for (const label of labels) {
    const from = label.startNs > startNs ? label.startNs : startNs;
    const to = label.endNs < endNs ? label.endNs : endNs;
    if (label.type === NORMAL || to <= from) {
      continue;
    }
    if ((to - from) * 2n > endNs - startNs) {
      return { type: types.indexOf(label.type), entity: entities.indexOf(label.entity) };
    }
    touched = true;
  }
  return { type: touched ? UNKNOWN : 0, entity: UNKNOWN };
}

function joinInts(slices: readonly SliceTokens[], column: (slice: SliceTokens) => ArrayLike<number>, length: number): Int32Array {
  const out = new Int32Array(length);
  let place = 0;
  for (const slice of slices) {
    out.set(column(slice), place);
    place += column(slice).length;
  }
  return out;
}

function joinFloats(parts: readonly ArrayLike<number>[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    out.set(part, place);
    place += part.length;
  }
  return out;
}

export function toOffsets(lengths: readonly number[]): BigInt64Array {
  const out = new BigInt64Array(lengths.length + 1);
  lengths.forEach((length, i) => {
    out[i + 1] = (out[i] ?? 0n) + BigInt(length);
  });
  return out;
}
