/** Encodes a scan, anew where a part of the run turns out to be what is usual. */
import type { TelemetryBins } from '../../core/aggregate/telemetryBins.js';
import { leadingEntity } from '../../core/heads/fusion.js';
import type { HeadWeights } from '../../core/heads/headWeights.js';
import { scanRunInSteps, type RunScan } from '../../core/run/scanRun.js';
import { judgeSlices } from '../../core/run/sliceVerdicts.js';
import { findUsualPart, type PartJudgement, type RunPart } from '../../core/run/usualPart.js';
import type { WindowSet } from '../../core/slices/windowSet.js';
import type { SliceEmbeddings } from '../../core/tokens/sliceTensors.js';
import { takeSteps } from './takeSteps.js';

export interface EncodedScan {
  readonly scan: RunScan;
  readonly embeddings: SliceEmbeddings;
}

/**
 * @param scan with the automatic reference
 * @param encode called for the scan, and for those with parts of the run as reference that are tried
 */
export async function settleReference(
  { bins, scan, heads }: { readonly bins: TelemetryBins; readonly scan: RunScan; readonly heads: HeadWeights },
  encode: (scan: RunScan) => Promise<SliceEmbeddings>,
  signal: AbortSignal,
): Promise<EncodedScan> {
  const { lengthBins, stepBins } = scan.windows;
  const compare = async (part: RunPart): Promise<EncodedScan & PartJudgement> => {
    const other = await takeSteps(scanRunInSteps(bins, { lengthBins, stepBins, reference: [part] }), signal);
    const embeddings = await encode(other);
    const { anomaly, causes } = judgeSlices(other, bins, embeddings, heads);
    return {
      scan: { ...other, warnings: [...other.warnings, toNotice(part, scan.windows, bins)] },
      embeddings,
      anomaly,
      cause: Int32Array.from(causes, leadingEntity),
    };
  };
  const embeddings = await encode(scan);
  const found = await findUsualPart(scan, heads.detection.threshold, compare);
  return found ?? { scan, embeddings };
}

function toNotice({ fromBin, toBin }: RunPart, { starts, lengthBins }: WindowSet, { binNs }: TelemetryBins): string {
  const toMinutes = (nBins: number): number => Math.round((nBins * Number(binNs)) / 60e9);
  const [first, last] = [starts[0] ?? 0, starts.at(-1) ?? 0];
  const side = fromBin === first ? 'first' : 'last';
  return [
    `What is usual was learned from the ${side} ${toMinutes(toBin - fromBin)} of ${toMinutes(last + lengthBins - first)} minutes alone:`,
    'by that the rest is abnormal nearly throughout. If it is not, mark what is usual.',
  ].join(' ');
}
