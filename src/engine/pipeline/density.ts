/** Records per bin and modality, coarse enough to draw. */
import type { TelemetryBins } from '../../core/aggregate/telemetryBins.js';
import { MODALITIES, type Modality, type RecordChunk } from '../../core/records.js';
import type { EmbedPartial } from '../../protocol/engineRpc.js';

/** More bins than a wide screen has pixels are merged. */
const MAX_BINS = 2000;

export interface Density {
  readonly startNs: bigint;
  readonly binNs: bigint;
  readonly counts: Record<Modality, number[]>;
}

/** Counts records while files are still being read. */
export class DensityCounter {
  private readonly counts: Record<Modality, Map<number, number>> = { log: new Map(), trace: new Map(), metric: new Map() };

  private readonly binNs: bigint;

  constructor(binNs: bigint) {
    this.binNs = binNs;
  }

  add(chunk: RecordChunk): void {
    this.addTimes('log', chunk.logs.timeNs);
    this.addTimes('trace', chunk.spans.startNs);
    this.addTimes('metric', chunk.points.timeNs);
  }

  /** undefined while there are no records. */
  toPartial(): EmbedPartial | undefined {
    const density = toDensity(this.binNs, (modality) => this.counts[modality].entries());
    return density && { startNs: density.startNs.toString(), binMs: Number(density.binNs) / 1e6, density: density.counts };
  }

  private addTimes(modality: Modality, times: BigInt64Array): void {
    const counts = this.counts[modality];
    for (const time of times) {
      const bin = Number(time / this.binNs);
      counts.set(bin, (counts.get(bin) ?? 0) + 1);
    }
  }
}

export function readDensity(bins: TelemetryBins): Density | undefined {
  const { offsets, bins: columns, counts } = bins.density;
  return toDensity(bins.binNs, (modality) => {
    const row = MODALITIES.indexOf(modality);
    const entries: [number, number][] = [];
    for (let entry = offsets[row] ?? 0; entry < (offsets[row + 1] ?? 0); entry++) {
      entries.push([columns[entry] ?? 0, counts[entry] ?? 0]);
    }
    return entries;
  });
}

function toDensity(binNs: bigint, entriesOf: (modality: Modality) => Iterable<[number, number]>): Density | undefined {
  let first = Infinity;
  let last = -Infinity;
  for (const modality of MODALITIES) {
    for (const [bin] of entriesOf(modality)) {
      first = Math.min(first, bin);
      last = Math.max(last, bin);
    }
  }
  if (last < first) {
    return undefined;
  }
  const merge = Math.ceil((last - first + 1) / MAX_BINS);
  const length = Math.ceil((last - first + 1) / merge);
  const counts: Record<Modality, number[]> = { log: [], trace: [], metric: [] };
  for (const modality of MODALITIES) {
    const row = new Array<number>(length).fill(0);
    for (const [bin, count] of entriesOf(modality)) {
      const place = Math.floor((bin - first) / merge);
      row[place] = (row[place] ?? 0) + count;
    }
    counts[modality] = row;
  }
  return { startNs: BigInt(first) * binNs, binNs: binNs * BigInt(merge), counts };
}
