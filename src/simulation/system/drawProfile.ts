import { FAILURE_PHRASINGS } from './failureTexts.js';
import { METRIC_VOCABULARIES } from '../telemetry/metricVocabularies.js';
import type { Random } from '../../core/math/random.js';
import { FAULT_TYPES } from '../faultTypes.js';
import { LOG_STYLES } from './blueprint.js';
import { LOAD_SHAPES, TOPOLOGY_SHAPES } from './systemProfile.js';
import type {
  FaultProfile,
  GapProfile,
  LoadProfile,
  LogProfile,
  MetricProfile,
  RecordingProfile,
  SystemProfile,
  TopologyProfile,
} from './systemProfile.js';
import { WIDE_VOCABULARIES } from '../telemetry/wideVocabulary.js';

/** Weights, in the order of the names: what is common in practice is common here, what is rare still occurs. */
const SHAPE_WEIGHTS = [0.34, 0.16, 0.14, 0.14, 0.08, 0.14];
const LAYOUTS = ['continuous', 'bursts', 'incident'] as const;
const LAYOUT_WEIGHTS = [0.45, 0.38, 0.17];
/** Tables are as common as Prometheus in published data, and each wide vocabulary stands for many home-grown ones. */
const WIDE_SHARE = 0.35;
/** Share of systems whose services serve a few kinds of requests only. */
const FEW_OPERATIONS = 0.35;

/** Draws all knobs of a system; groups have streams of their own, so that a new knob in one leaves the others as they are. */
export function drawProfile(random: Random): SystemProfile {
  const recording = drawRecording(random.fork('recording'));
  return {
    topology: drawTopology(random.fork('topology')),
    recording,
    faults: drawFaultProfile(recording, random.fork('faults')),
    load: drawLoad(random.fork('load')),
    logs: drawLogs(random.fork('logs')),
    metrics: drawMetrics(random.fork('metrics')),
    gaps: drawGaps(random.fork('gaps')),
  };
}

function drawTopology(random: Random): TopologyProfile {
  const shape = TOPOLOGY_SHAPES[random.weightedIndex(SHAPE_WEIGHTS)] ?? 'layered';
  return {
    shape,
    services: Math.round(logUniform(3, 60, random)),
    storeShare: shape === 'data-heavy' ? random.uniform(0.4, 0.6) : random.uniform(0, 0.38),
    // A third without any branching: most requests of small shops and benchmarks do the same each time.
    branching: random.chance(0.35) ? 0 : random.uniform(0.05, 0.8),
    swallowing: random.chance(0.25) ? 0 : random.uniform(0.05, 0.6),
    parallel: random.chance(0.5) ? 0 : random.uniform(0.05, 0.4),
    maxTree: Math.round(logUniform(6, 70, random)),
    isPolyglot: random.chance(0.3),
    workSigma: random.uniform(0.08, 0.7),
    operationFactor: random.chance(FEW_OPERATIONS) ? 1 : logUniform(1.5, 12, random),
    carelessness: random.chance(0.2) ? 1 : random.uniform(0, 0.8),
  };
}

function drawRecording(random: Random): RecordingProfile {
  const layout = LAYOUTS[random.weightedIndex(LAYOUT_WEIGHTS)] ?? 'continuous';
  const [low, high] = ({ continuous: [35, 60], bursts: [50, 120], incident: [12, 30] } as const)[layout];
  return {
    layout,
    minutes: random.integer(low, high),
    beforeMinutes: random.uniform(0, 2),
    afterMinutes: random.uniform(1, 4),
  };
}

function drawFaultProfile({ layout }: RecordingProfile, random: Random): FaultProfile {
  const shortest = random.uniform(1, 3);
  const isRepetitive = layout === 'bursts' || random.chance(0.3);
  return {
    count: { continuous: random.integer(2, 8), bursts: random.integer(8, 25), incident: 1 }[layout],
    lengthMinutes: [shortest, random.uniform(shortest + 0.5, 8)],
    pauseMinutes: layout === 'bursts' ? random.uniform(0.5, 3) : random.uniform(2, 7),
    overlap: layout === 'incident' ? 0 : random.chance(0.4) ? 0 : random.uniform(0.05, 0.4),
    types: isRepetitive ? random.shuffle(FAULT_TYPES).slice(0, random.integer(2, 5)) : random.shuffle(FAULT_TYPES),
    targets: isRepetitive ? random.integer(2, 8) : 0,
    weakShare: random.uniform(0, 0.5),
    lateShare: random.uniform(0, 0.7),
  };
}

function drawLoad(random: Random): LoadProfile {
  return {
    shape: random.pick(LOAD_SHAPES),
    tracesPerMinute: logUniform(20, 800, random),
    amplitude: random.uniform(0.05, 0.6),
    periodMinutes: random.uniform(4, 40),
  };
}

function drawLogs(random: Random): LogProfile {
  const stackShare = random.uniform(0, 1);
  return {
    linesPerOperation: random.chance(0.15) ? 0 : logUniform(0.4, 5, random),
    // Most set-ups that collect both tie lines to spans; without ids lines belong to a service only.
    ids: (['trace-and-span', 'trace', 'none'] as const)[random.weightedIndex([0.68, 0.14, 0.18])] ?? 'none',
    withSeverity: random.chance(0.8),
    stackShare,
    silentShare: random.uniform(0, 0.7) * (1 - stackShare),
    style: random.chance(0.3) ? random.pick(LOG_STYLES) : undefined,
    phrasings: random.shuffle(FAILURE_PHRASINGS.map((_, index) => index)).slice(0, random.integer(1, 4)),
  };
}

function drawMetrics(random: Random): MetricProfile {
  const names = random.chance(WIDE_SHARE) ? WIDE_VOCABULARIES : METRIC_VOCABULARIES;
  return {
    vocabulary: random.pick<{ readonly id: string }>(names).id,
    stepSeconds: random.pick([10, 15, 15, 30, 30, 60, 60]),
    coverage: random.chance(0.35) ? 1 : random.uniform(0.25, 1),
    noise: random.chance(0.4) ? 0 : random.uniform(0.005, 0.08),
    missing: random.chance(0.5) ? 0 : random.uniform(0.002, 0.1),
    lateStarts: random.chance(0.6) ? 0 : random.uniform(0.02, 0.15),
    withCallees: random.chance(0.6),
  };
}

function drawGaps(random: Random): GapProfile {
  const share = (): number => (random.chance(0.55) ? 0 : random.uniform(0.05, 0.4));
  return { withoutLogs: share(), withoutTraces: share(), withoutMetrics: share(), hasClientSpans: random.chance(0.85) };
}

function logUniform(low: number, high: number, random: Random): number {
  return Math.exp(random.uniform(Math.log(low), Math.log(high)));
}
