/** Ranked evidence of a range: the observations that moved the scores, in words, each with a record to open. */
import type { SparseCounts } from '../aggregate/sparseRows.js';
import type { MomentKey, SeriesKey, TelemetryBins } from '../aggregate/telemetryBins.js';
import type { Calibration } from '../features/familyScores.js';
import { familyIndex, getFamily, type FamilyId } from '../features/families.js';
import { SeriesLevels } from '../features/seriesLevels.js';
import type { Observation } from '../features/windowScan.js';
import { lowerEntry } from '../slices/windowSet.js';
import type { Modality } from '../records.js';
import { formatDuration, formatNumber } from '../format.js';

export interface Evidence {
  readonly modality: Modality;
  readonly entity: number;
  readonly family: FamilyId;
  readonly text: string;
  readonly detail: string;
  /** Calibrated deviation, > 0. */
  readonly score: number;
  /** Signed deviation. */
  readonly z: number;
  /** -1 when no record shows it. */
  readonly file: number;
  readonly line: number;
  /** Bin of that record, 0 when there is none. */
  readonly bin: number;
  /** Index among the observations of the range. */
  readonly observation: number;
}

/** Keeps the observations of a range while it is scanned. */
export class EvidenceCollector {
  readonly observations: Observation[] = [];

  private readonly bins: TelemetryBins;
  private readonly calibration: Calibration;
  private readonly levels: SeriesLevels;

  constructor(bins: TelemetryBins, calibration: Calibration) {
    this.bins = bins;
    this.calibration = calibration;
    this.levels = new SeriesLevels(bins);
  }

  add(observation: Observation): void {
    this.observations.push({ ...observation, window: 0 });
  }

  /** Evidence in `[fromBin, toBin)`, strongest first. */
  finishEvidence(fromBin: number, toBin: number): Evidence[] {
    return this.observations
      .flatMap((observation, index) => {
        const evidence = this.calibrated(observation) < MIN_EVIDENCE ? undefined : this.toEvidence(observation, fromBin, toBin);
        return evidence === undefined ? [] : [{ ...evidence, observation: index }];
      })
      .sort((a, b) => b.score - a.score);
  }

  private calibrated(observation: Observation): number {
    const family = this.familyOf(observation);
    if (family === undefined) {
      return 0;
    }
    // As in the scores: a shorter way than usual is no sign of a fault.
    const deviation = family === 'trace-gap' ? Math.max(0, observation.z) : Math.abs(observation.z);
    return deviation / (this.calibration[familyIndex(family)] ?? 1);
  }

  private familyOf(observation: Observation): FamilyId | undefined {
    const { rateKeys, momentKeys, seriesKeys } = this.bins;
    const keys = { rate: rateKeys, moment: momentKeys, series: seriesKeys }[observation.kind];
    return keys[observation.key]?.family;
  }

  private toEvidence(observation: Observation, fromBin: number, toBin: number): Omit<Evidence, 'observation'> | undefined {
    const family = this.familyOf(observation);
    if (family === undefined) {
      return undefined;
    }
    const common = { family, modality: getFamily(family).modality, score: this.calibrated(observation), z: observation.z };
    if (observation.kind === 'rate') {
      const key = this.bins.rateKeys[observation.key];
      return key && { ...common, entity: key.entity, ...this.describeRate(observation, key.label, fromBin, toBin) };
    }
    if (observation.kind === 'moment') {
      const key = this.bins.momentKeys[observation.key];
      // The gap belongs to both ends; it is listed under the callee, whose network it usually is.
      const entity = key && (key.part === 'gap' && key.peer >= 0 ? key.peer : key.entity);
      return key && entity !== undefined ? { ...common, entity, ...this.describeMoment(observation, key, fromBin, toBin) } : undefined;
    }
    const key = this.bins.seriesKeys[observation.key];
    if (key === undefined) {
      return undefined;
    }
    // What a caller measured of one callee is listed under the callee, whose fault it usually is; less of it speaks against the caller alone.
    const { alsoBlames = -1 } = key;
    const entity = alsoBlames >= 0 && observation.z > 0 ? alsoBlames : key.entity;
    return { ...common, entity, ...this.describeSeries(observation, key, fromBin, toBin) };
  }

  private describeRate(observation: Observation, label: string, fromBin: number, toBin: number): Described {
    const { k, n, usual } = observation;
    const cases = this.usualCases(usual);
    const detail = `${formatNumber(k)} of ${formatNumber(n)}, usually ${cases}`;
    if (k > 0) {
      const change = usual < 0.005 ? 'is new' : observation.z > 0 ? 'happens more often' : 'happens less often';
      return { text: `${label} ${change}`, detail, ...strongest(this.bins.rates, observation.key, fromBin, toBin) };
    }
    const before = lowerEntry(this.bins.rates, observation.key, fromBin) - 1;
    const last = before >= (this.bins.rates.offsets[observation.key] ?? 0) ? place(this.bins.rates, before) : NOWHERE;
    return { text: `${label} stopped`, detail: last === NOWHERE ? detail : `${detail}; last seen at the line shown`, ...last };
  }

  private usualCases(usual: number): string {
    if (usual < 0.0005) {
      return 'never';
    }
    return usual > 0.9995 ? 'always' : `${formatNumber(usual * 100)} %`;
  }

  private describeMoment(observation: Observation, { label, part }: MomentKey, fromBin: number, toBin: number): Described {
    const toNs = (logMicros: number): number => Math.expm1(logMicros) * 1000;
    const detail = `${formatDuration(toNs(observation.value))}, usually ${formatDuration(toNs(observation.usual))} (${formatNumber(observation.n)} times)`;
    const [longer, shorter] = part === 'duration' ? ['takes longer', 'takes less time'] : ['is longer', 'is shorter'];
    return {
      text: `${label} ${observation.z > 0 ? longer : shorter}`,
      detail,
      ...strongest(this.bins.moments, observation.key, fromBin, toBin),
    };
  }

  private describeSeries(observation: Observation, { label, intervalNs, unit = 1 }: SeriesKey, fromBin: number, toBin: number): Described {
    const toValue = (level: number): number => unit * Math.sign(level) * Math.expm1(Math.abs(level));
    const { key, value, usual, z } = observation;
    const [shown, usually] = [formatNumber(toValue(value)), `usually ${formatNumber(toValue(usual))}`];
    const found = strongest(this.bins.series, key, fromBin, toBin + Math.ceil(intervalNs / Number(this.bins.binNs)));
    // Judged is the change against the minutes before, where there are any: what fell from high above usual may lie above it still.
    if ((value - usual) * z >= 0) {
      return { text: `${label} is ${z > 0 ? 'higher' : 'lower'}`, detail: `${shown}, ${usually}`, ...found };
    }
    this.levels.select(key);
    const { level, change } = this.levels.read(fromBin, toBin);
    const before = Number.isNaN(change) ? '' : `${formatNumber(toValue(level - change))} in the minutes before, `;
    return { text: `${label} ${z > 0 ? 'rose' : 'fell'}`, detail: `${shown}, ${before}${usually}`, ...found };
  }
}

/** An observation below the usual 95 % quantile is no evidence. */
const MIN_EVIDENCE = 1;

type Described = Pick<Evidence, 'text' | 'detail' | 'file' | 'line' | 'bin'>;
type Place = Pick<Evidence, 'file' | 'line' | 'bin'>;

const NOWHERE: Place = { file: -1, line: 0, bin: 0 };

/** The entry with the most events (rates) or the largest total (moments) in the range. */
function strongest(table: SparseCounts & { readonly sums?: Float32Array }, key: number, fromBin: number, toBin: number): Place {
  let best = -1;
  let most = -Infinity;
  for (let entry = lowerEntry(table, key, fromBin); entry < (table.offsets[key + 1] ?? 0) && (table.bins[entry] ?? 0) < toBin; entry++) {
    const weight = (table.sums ?? table.counts)[entry] ?? 0;
    if (weight > most) {
      most = weight;
      best = entry;
    }
  }
  return best < 0 ? NOWHERE : place(table, best);
}

function place(table: SparseCounts, entry: number): Place {
  return { file: table.files[entry] ?? -1, line: table.lines[entry] ?? 0, bin: table.bins[entry] ?? 0 };
}
