/** Reads a run through the engine's own ingest and scans it as the main job does. */
import type { TelemetryBins } from '../../../../src/core/aggregate/telemetryBins.js';
import type { HeadWeights } from '../../../../src/core/heads/headWeights.js';
import { MODALITIES, type Modality } from '../../../../src/core/records.js';
import type { RunModel } from '../../../../src/core/run/runModel.js';
import { scanFiles } from '../../../../src/engine/pipeline/embedRun.js';
import { settleReference } from '../../../../src/engine/pipeline/settleReference.js';
import type { PipelineDependencies } from '../../../../src/engine/pipeline/pipelineTypes.js';
import type { RunScan } from '../../../../src/core/run/scanRun.js';
import type { SliceEmbeddings } from '../../../../src/core/tokens/sliceTensors.js';
import type { CaseSource, Fault } from './caseSource.js';

export interface CaseFault extends Fault {
  readonly fromBin: number;
  readonly toBin: number;
  /** Position among the run's entities; -1 when the run never names the service. */
  readonly entity: number;
}

/** Labels of slices that are not in a fault: fault-free, or touching a fault for half of their length at most. */
export const NORMAL_SLICE = -1;
export const DOUBTFUL_SLICE = -2;

export interface CaseRun {
  readonly source: CaseSource;
  readonly bins: TelemetryBins;
  readonly scan: RunScan;
  readonly lengthBins: number;
  readonly faults: readonly CaseFault[];
  /** [S] fault that holds more than half of the slice, NORMAL_SLICE or DOUBTFUL_SLICE. */
  readonly faultOfSlice: Int32Array;
  /** Without states, and without verdicts until its slices are encoded: what a range is diagnosed with. */
  readonly model: RunModel;
}

export const QUIET_CONTEXT = { signal: new AbortController().signal, onProgress: () => undefined, onPartial: () => undefined };

/**
 * @param encode by the encoder that ships; without it the automatic reference stays, whatever the run holds
 * @returns undefined when the run has no file of these modalities
 */
export async function readCase(
  source: CaseSource,
  modalities: readonly Modality[],
  heads: HeadWeights,
  dependencies: PipelineDependencies,
  encode?: (scan: RunScan) => Promise<SliceEmbeddings>,
): Promise<CaseRun | undefined> {
  const paths = MODALITIES.filter((modality) => modalities.includes(modality)).flatMap((modality) => source.pathsOf(modality));
  if (paths.length === 0) {
    return undefined;
  }
  const { telemetry, scan: first } = await scanFiles({ paths, window: 'auto', provider: 'cpu' }, dependencies, QUIET_CONTEXT);
  const { bins } = telemetry;
  const { scan } =
    encode === undefined ? { scan: first } : await settleReference({ bins, scan: first, heads }, encode, QUIET_CONTEXT.signal);
  const { lengthBins, stepBins } = scan.windows;
  const faults = source.faults.map((fault) => ({
    ...fault,
    fromBin: Number(fault.startNs / bins.binNs),
    toBin: Number((fault.endNs + bins.binNs - 1n) / bins.binNs),
    entity: bins.entities.indexOf(fault.service),
  }));
  return {
    source,
    bins,
    scan,
    lengthBins,
    faults,
    faultOfSlice: Int32Array.from(scan.windows.starts, (start) => labelSlice(start, start + lengthBins, faults)),
    model: {
      entities: bins.entities,
      bins,
      lengthBins,
      stepBins,
      bank: scan.bank,
      calibration: scan.calibration,
      heads,
      tuned: null,
      verdicts: { starts: new Uint32Array(0), anomaly: new Float64Array(0), types: new Float64Array(0), roots: new Float32Array(0) },
      states: [],
    },
  };
}

function labelSlice(fromBin: number, toBin: number, faults: readonly CaseFault[]): number {
  let label = NORMAL_SLICE;
  for (const [index, fault] of faults.entries()) {
    const overlap = Math.min(toBin, fault.toBin) - Math.max(fromBin, fault.fromBin);
    if (overlap * 2 > toBin - fromBin) {
      return index;
    }
    if (overlap > 0) {
      label = DOUBTFUL_SLICE;
    }
  }
  return label;
}
