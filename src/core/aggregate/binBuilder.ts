/** Collects keys and sparse entries of a run while its records are aggregated. */
import type { StringTable } from '../math/stringTable.js';
import { SparseCountsBuilder, SparseMomentsBuilder } from './sparseRows.js';
import type { CallEdge, MomentKey, RateKey, SeriesKey } from './telemetryBins.js';
import { Numbering } from '../math/numbering.js';

export class BinBuilder {
  readonly rateKeys: RateKey[] = [];
  readonly momentKeys: MomentKey[] = [];
  readonly seriesKeys: SeriesKey[] = [];
  readonly edges: CallEdge[] = [];
  readonly denominators = new SparseCountsBuilder();
  readonly rates = new SparseCountsBuilder();
  readonly moments = new SparseMomentsBuilder();
  readonly series = new SparseMomentsBuilder();
  readonly calls = new SparseCountsBuilder();
  readonly density = new SparseCountsBuilder();
  readonly traces = new SparseCountsBuilder();
  readonly warnings: string[] = [];
  denominatorCount = 0;
  private readonly edgeNumbers = new Numbering();

  readonly services: StringTable;
  readonly originNs: bigint;
  readonly binNs: bigint;

  constructor(services: StringTable, originNs: bigint, binNs: bigint) {
    this.services = services;
    this.originNs = originNs;
    this.binNs = binNs;
  }

  /** Absolute bin of a time given as ns after the origin. */
  toBin(relativeNs: number): number {
    return Math.floor((relativeNs + Number(this.originNs % this.binNs)) / Number(this.binNs)) + Number(this.originNs / this.binNs);
  }

  addDenominator(): number {
    return this.denominatorCount++;
  }

  addRateKey(key: RateKey): number {
    return this.rateKeys.push(key) - 1;
  }

  addMomentKey(key: MomentKey): number {
    return this.momentKeys.push(key) - 1;
  }

  edgeId(caller: number, callee: number): number {
    return this.edgeNumbers.idOf(caller, callee, () => this.edges.push({ caller, callee }) - 1);
  }
}
