/** Observations of a scan → tokens per slice, as the encoder reads them. */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import type { Calibration } from '../features/familyScores.js';
import { FEATURE_FAMILIES, familyIndex, getFamily, type FamilyId } from '../features/families.js';
import type { ReferenceBank } from '../features/referenceBank.js';
import type { Observation } from '../features/windowScan.js';
import { growF32, growI32, growU32 } from '../math/growableArray.js';
import type { Steps } from '../math/steps.js';
import { StringTable } from '../math/stringTable.js';
import { MODALITIES } from '../records.js';
import { sumRange, type WindowSet } from '../slices/windowSet.js';
import { toEncoderText } from './encoderText.js';
import { TOKEN_NUMBER_COUNT, TOKEN_NUMBERS, type SliceTokens } from './sliceTensors.js';

/**
 * Tokens kept per (entity, modality) group; the others are folded into one rest token that says how many they are. 32 holds every
 * metric of a pod and the deviating part of its operations and log lines; cost grows with entities × 3 × this.
 */
export const MAX_GROUP_TOKENS = 32;
/** Steps and rates nearer to usual than this share of the family's null quantile carry nothing alone. */
const QUIET = 0.3;
const MERGED = TOKEN_NUMBERS.indexOf('merged');
const CALIBRATED = TOKEN_NUMBERS.indexOf('calibratedDeviation');

export class TokenBuilder {
  readonly texts = new StringTable();
  private readonly textOfKey = new Map<string, number>();
  private readonly window = growU32();
  private readonly text = growI32();
  private readonly family = growU32();
  private readonly entity = growU32();
  private readonly numbers = growF32();
  /** [W × E × M] quiet observations that became no token. */
  private readonly quiet: Float32Array;
  private readonly restText: number;

  private readonly bins: TelemetryBins;
  private readonly windows: WindowSet;
  private readonly calibration: Calibration;
  private readonly bank: ReferenceBank;

  constructor(bins: TelemetryBins, windows: WindowSet, calibration: Calibration, bank: ReferenceBank) {
    this.bins = bins;
    this.windows = windows;
    this.calibration = calibration;
    this.bank = bank;
    this.quiet = new Float32Array(windows.starts.length * bins.entities.length * MODALITIES.length);
    this.restText = this.texts.idOf('others');
  }

  add(observation: Observation): void {
    const described = this.describe(observation);
    if (described === undefined) {
      return;
    }
    const family = familyIndex(described.family);
    const calibrated = observation.z / (this.calibration[family] ?? 1);
    if (observation.kind === 'rate' && Math.abs(calibrated) < QUIET) {
      const group = this.groupOf(observation.window, described.entity, described.family);
      this.quiet[group] = (this.quiet[group] ?? 0) + 1;
      return;
    }
    this.window.push(observation.window);
    this.text.push(this.textId(observation, described.text));
    this.family.push(family);
    this.entity.push(described.entity);
    const { n, k, value, usual, z } = observation;
    const isRate = observation.kind === 'rate';
    const values = [
      Math.log1p(n),
      Math.log1p(this.usualCount(observation)),
      isRate ? value : 0,
      isRate ? usual : 0,
      Math.asinh(z),
      Math.asinh(calibrated),
      isRate ? 0 : value / 8,
      Math.min(8, observation.spread),
      clamp(observation.slope),
      Math.asinh(observation.change),
      isRate && k > 0 && usual < 0.005 ? 1 : 0,
      isRate && k === 0 && usual > 0.5 ? 1 : 0,
      0,
    ];
    for (const number of values) {
      this.numbers.push(clamp(number));
    }
  }

  /** Ends the builder: its memory is given back. A step per slice. @param familyScores [W] of [E, FAMILY_COUNT], signed */
  *finish(familyScores: readonly Float32Array[]): Steps<SliceTokens[]> {
    const nWindows = this.windows.starts.length;
    const rows: number[][] = Array.from({ length: nWindows }, () => []);
    this.window.view().forEach((window, row) => rows[window]?.push(row));
    const slices: SliceTokens[] = [];
    for (const [window, list] of rows.entries()) {
      slices.push(this.toSlice(window, this.select(list), familyScores[window] ?? new Float32Array(0)));
      list.length = 0;
      yield;
    }
    for (const column of [this.window, this.text, this.family, this.entity, this.numbers]) {
      column.clear();
    }
    return slices;
  }

  private toSlice(window: number, rows: readonly number[], familyScores: Float32Array): SliceTokens {
    const groups = this.restGroups(window, rows);
    const n = rows.length + groups.length;
    const text = new Int32Array(n);
    const family = new Uint8Array(n);
    const entity = new Uint16Array(n);
    const modality = new Uint8Array(n);
    const numbers = new Float32Array(n * TOKEN_NUMBER_COUNT);
    const allNumbers = this.numbers.view();
    rows.forEach((row, place) => {
      text[place] = this.text.at(row);
      family[place] = this.family.at(row);
      entity[place] = this.entity.at(row);
      modality[place] = modalityOfFamily(this.family.at(row));
      numbers.set(allNumbers.subarray(row * TOKEN_NUMBER_COUNT, (row + 1) * TOKEN_NUMBER_COUNT), place * TOKEN_NUMBER_COUNT);
    });
    groups.forEach(({ group, count }, index) => {
      const place = rows.length + index;
      text[place] = this.restText;
      entity[place] = Math.floor(group / MODALITIES.length);
      modality[place] = group % MODALITIES.length;
      family[place] = REST_FAMILY[group % MODALITIES.length] ?? 0;
      numbers[place * TOKEN_NUMBER_COUNT + MERGED] = clamp(Math.log1p(count));
    });
    const start = this.windows.starts[window] ?? 0;
    return { nEntities: this.bins.entities.length, text, family, entity, modality, numbers, ...this.callGraph(start), familyScores };
  }

  /** Rows of one slice, each group cut to its most deviating tokens; what is cut counts as quiet. */
  private select(rows: readonly number[]): number[] {
    const byGroup = new Map<number, number[]>();
    for (const row of rows) {
      const group = this.entity.at(row) * MODALITIES.length + modalityOfFamily(this.family.at(row));
      const list = byGroup.get(group);
      if (list === undefined) {
        byGroup.set(group, [row]);
      } else {
        list.push(row);
      }
    }
    const kept: number[] = [];
    for (const [group, list] of byGroup) {
      if (list.length > MAX_GROUP_TOKENS - 1) {
        list.sort(
          (a, b) =>
            Math.abs(this.numbers.at(b * TOKEN_NUMBER_COUNT + CALIBRATED)) - Math.abs(this.numbers.at(a * TOKEN_NUMBER_COUNT + CALIBRATED)),
        );
        const window = this.window.at(list[0] ?? 0);
        const place = window * this.bins.entities.length * MODALITIES.length + group;
        this.quiet[place] = (this.quiet[place] ?? 0) + list.length - (MAX_GROUP_TOKENS - 1);
        list.length = MAX_GROUP_TOKENS - 1;
      }
      kept.push(...list);
    }
    return kept;
  }

  private restGroups(window: number, rows: readonly number[]): { group: number; count: number }[] {
    const size = this.bins.entities.length * MODALITIES.length;
    const groups: { group: number; count: number }[] = [];
    for (let group = 0; group < size; group++) {
      const count = this.quiet[window * size + group] ?? 0;
      if (count > 0) {
        groups.push({ group, count });
      }
    }
    return rows.length === 0 && groups.length === 0 ? [] : groups;
  }

  private callGraph(start: number): Pick<SliceTokens, 'edgeCaller' | 'edgeCallee' | 'edgeWeight'> {
    const seen: { caller: number; callee: number; weight: number }[] = [];
    this.bins.edges.forEach(({ caller, callee }, edge) => {
      const calls = sumRange(this.bins.calls, this.bins.calls.counts, edge, start, start + this.windows.lengthBins);
      if (calls > 0) {
        seen.push({ caller, callee, weight: Math.log1p(calls) });
      }
    });
    return {
      edgeCaller: Uint16Array.from(seen, (edge) => edge.caller),
      edgeCallee: Uint16Array.from(seen, (edge) => edge.callee),
      edgeWeight: Float32Array.from(seen, (edge) => edge.weight),
    };
  }

  private describe(observation: Observation): { family: FamilyId; entity: number; text: string } | undefined {
    if (observation.kind === 'moment') {
      const key = this.bins.momentKeys[observation.key];
      return key && { family: key.family, entity: key.part === 'gap' && key.peer >= 0 ? key.peer : key.entity, text: key.text };
    }
    if (observation.kind === 'rate') {
      return this.bins.rateKeys[observation.key];
    }
    // Of the callee, as the gap is: what a caller measured of one callee usually is that one's fault.
    const key = this.bins.seriesKeys[observation.key];
    const { alsoBlames = -1 } = key ?? {};
    return key && { family: key.family, entity: alsoBlames >= 0 ? alsoBlames : key.entity, text: key.text };
  }

  private usualCount(observation: Observation): number {
    if (observation.kind === 'rate') {
      return this.bank.rateCases[observation.key] ?? 0;
    }
    return observation.kind === 'moment' ? (this.bank.momentCount[observation.key] ?? 0) : observation.n;
  }

  private textId(observation: Observation, text: string): number {
    const key = `${observation.kind}${observation.key}`;
    let id = this.textOfKey.get(key);
    if (id === undefined) {
      id = this.texts.idOf(toEncoderText(text));
      this.textOfKey.set(key, id);
    }
    return id;
  }

  private groupOf(window: number, entity: number, family: FamilyId): number {
    return (window * this.bins.entities.length + entity) * MODALITIES.length + MODALITIES.indexOf(getFamily(family).modality);
  }
}

/** Rest tokens carry the plainest family of their modality. */
const REST_FAMILY = [familyIndex('log-template'), familyIndex('trace-missing'), familyIndex('metric-other')];

const FAMILY_MODALITIES = FEATURE_FAMILIES.map((family) => MODALITIES.indexOf(family.modality));

function modalityOfFamily(family: number): number {
  return FAMILY_MODALITIES[family] ?? 0;
}

function clamp(value: number): number {
  return Math.max(-8, Math.min(8, value));
}
