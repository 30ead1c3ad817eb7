import { MODALITIES } from '../core/records.js';
import type { Modality } from '../core/records.js';
import type { SystemBlueprint } from './system/blueprint.js';
import { METRIC_VOCABULARIES } from './telemetry/metricVocabularies.js';
import type { MetricVocabulary } from './telemetry/metricVocabulary.js';
import { Random } from '../core/math/random.js';
import { createRandomSystem } from './system/randomSystem.js';
import { SHOP_SYSTEM } from './system/shopSystem.js';
import type { SystemProfile } from './system/systemProfile.js';
import { createVariedSystem } from './system/variedSystem.js';
import { WIDE_VOCABULARIES } from './telemetry/wideVocabulary.js';
import type { WideVocabulary } from './telemetry/wideVocabulary.js';
import { DISTRACTOR_KINDS } from './faultTypes.js';
import type { DistractorKind, FaultRequest } from './faultTypes.js';
import type { LogStyle } from './system/blueprint.js';
import type { SimulationOptions } from './simulationTypes.js';

/** Options with every default drawn. */
export interface SimulationSettings {
  readonly seed: number;
  readonly minutes: number;
  readonly faults: number | readonly FaultRequest[];
  readonly blueprint: SystemBlueprint;
  readonly requestsPerSecond: number;
  readonly startNs: bigint;
  readonly modalities: ReadonlySet<Modality>;
  readonly logStyle: LogStyle | undefined;
  readonly withDistractors: boolean;
  readonly distractorRate: number;
  readonly distractorKinds: readonly DistractorKind[];
  readonly metricStepSeconds: number;
  readonly metricCoverage: number;
  readonly traceSampling: number;
  readonly withSpanStatus: boolean;
  readonly clockSkewMs: number;
  readonly maxPartBytes: number;
  readonly maxFileBytes: number;
  readonly vocabulary: MetricVocabulary | WideVocabulary;
  readonly profile: SystemProfile | undefined;
}

const DEFAULT_START_NS = 1_773_144_000_000_000_000n;
const NS_PER_HOUR = 3_600_000_000_000n;
/** The vocabularies that systems without a profile draw from. */
const DEFAULT_VOCABULARIES = 3;
const MAX_MINUTES = 1440;
const DEFAULT_PART_BYTES = 96 * 2 ** 20;

/** @throws when an option is out of its range; the message names the option, the range and the value. */
export function toSettings(options: SimulationOptions): SimulationSettings {
  const { seed } = options;
  checkRange('seed', seed, 0, Number.MAX_SAFE_INTEGER, true);
  const random = new Random(seed, 'settings');
  const drawn = {
    requestsPerSecond: random.logNormal(4, 0.4),
    startNs: DEFAULT_START_NS + BigInt(random.integer(0, 23)) * NS_PER_HOUR,
    metricStepSeconds: random.pick([15, 15, 60]),
    distractorRate: random.uniform(4, 12),
    vocabulary: random.pick(METRIC_VOCABULARIES.slice(0, DEFAULT_VOCABULARIES)),
  };
  const minutes = options.minutes ?? 30;
  const services = options.services ?? random.integer(6, 24);
  checkRange('services', services, 1, 60, true);
  const settings: SimulationSettings = {
    ...drawn,
    seed,
    minutes,
    faults: options.faults ?? 1,
    blueprint: createBlueprint(options, services),
    requestsPerSecond: options.requestsPerSecond ?? drawn.requestsPerSecond,
    startNs: options.startNs ?? drawn.startNs,
    modalities: new Set(options.modalities ?? MODALITIES),
    logStyle: options.logStyle,
    withDistractors: options.withDistractors ?? true,
    distractorRate: options.distractorRate ?? drawn.distractorRate,
    distractorKinds: options.distractorKinds ?? DISTRACTOR_KINDS,
    metricStepSeconds: options.metricStepSeconds ?? drawn.metricStepSeconds,
    metricCoverage: options.metricCoverage ?? 1,
    traceSampling: options.traceSampling ?? 1,
    withSpanStatus: options.withSpanStatus ?? true,
    clockSkewMs: options.clockSkewMs ?? 0,
    profile: options.profile,
    ...(options.profile === undefined ? {} : { vocabulary: getVocabulary(options.profile.metrics.vocabulary) }),
    maxPartBytes: options.maxPartBytes ?? DEFAULT_PART_BYTES,
    maxFileBytes: options.maxFileBytes ?? options.maxPartBytes ?? DEFAULT_PART_BYTES,
  };
  checkRange('minutes', settings.minutes, 0, MAX_MINUTES);
  checkRange('requestsPerSecond', settings.requestsPerSecond, 0, 2000);
  checkRange('distractorRate', settings.distractorRate, 0, 600);
  checkRange('metricStepSeconds', settings.metricStepSeconds, 1, 3600, true);
  checkRange('metricCoverage', settings.metricCoverage, 0, 1);
  checkRange('traceSampling', settings.traceSampling, 0, 1);
  checkRange('clockSkewMs', settings.clockSkewMs, 0, 60_000);
  checkRange('maxPartBytes', settings.maxPartBytes, 1 << 16, 2 ** 30);
  checkRange('maxFileBytes', settings.maxFileBytes, 1 << 16, 2 ** 30);
  if (typeof settings.faults === 'number') {
    checkRange('faults', settings.faults, 0, 1000, true);
  }
  return settings;
}

function createBlueprint({ seed, system, profile }: SimulationOptions, services: number): SystemBlueprint {
  if (profile !== undefined) {
    return createVariedSystem(profile, services, new Random(seed, 'system'));
  }
  return system === 'shop' ? SHOP_SYSTEM : createRandomSystem(new Random(seed, 'system'), services);
}

function getVocabulary(id: string): MetricVocabulary | WideVocabulary {
  const all = [...METRIC_VOCABULARIES, ...WIDE_VOCABULARIES];
  const found = all.find((vocabulary) => vocabulary.id === id);
  if (found === undefined) {
    throw new Error(`simulation option profile names the metric vocabulary ${id}; there are ${all.map((item) => item.id).join(', ')}`);
  }
  return found;
}

function checkRange(option: string, value: number, low: number, high: number, isWhole = false): void {
  if (!(value >= low && value <= high) || (isWhole && !Number.isInteger(value))) {
    throw new Error(`simulation option ${option} must be ${isWhole ? 'a whole number' : 'a number'} from ${low} to ${high}, got ${value}`);
  }
}
