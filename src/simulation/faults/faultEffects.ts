import type { Cluster } from '../runtime/cluster.js';
import type { Effect, ThrownException } from '../runtime/effects.js';
import type { EventQueue } from '../runtime/eventQueue.js';
import { listCallees } from './faultPlan.js';
import type { PlannedFault } from './faultPlan.js';
import type { Operation, Service } from '../system/linkedSystem.js';
import type { Pod } from '../runtime/pod.js';
import type { Random } from '../../core/math/random.js';
import type { FaultMechanism, FaultType } from '../faultTypes.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { Traffic } from '../runtime/traffic.js';

const EXCEPTIONS = [
  { type: 'IllegalStateException', message: 'unexpected state of the aggregate' },
  { type: 'NullPointerException', message: 'value of field is null' },
  { type: 'ValueError', message: 'could not convert value' },
  { type: 'SerializationException', message: 'unknown field in payload' },
  { type: 'IndexOutOfBoundsException', message: 'index out of range' },
] as const;

/** What a service says that returns something else than it should. */
const OTHER_LINES = [
  'nothing to do, returning default',
  'feature disabled, skipping',
  'result is empty',
  'using fallback value',
  'no matching record, returning null',
];

/** With the ones above, for faults whose mechanism is given. */
const MORE_EXCEPTIONS = [
  ...EXCEPTIONS,
  { type: 'KeyError', message: "'currency'" },
  { type: 'TypeError', message: 'Cannot read properties of undefined' },
  { type: 'ArithmeticException', message: '/ by zero' },
  { type: 'ClassCastException', message: 'class java.lang.String cannot be cast to class java.lang.Integer' },
  { type: 'RuntimeException', message: 'injected' },
  { type: 'panic', message: 'runtime error: invalid memory address or nil pointer dereference' },
  { type: 'InvalidOperationException', message: 'Sequence contains no elements' },
] as const;

const START_UP_MS = 9000;

export interface FaultScene {
  readonly cluster: Cluster;
  readonly traffic: Traffic;
  readonly queue: EventQueue;
  readonly telemetry: Telemetry;
  readonly random: Random;
}

/** Types whose effect can grow; the others are there or not. */
const RAMPED: readonly FaultType[] = ['cpu-contention', 'network-delay', 'network-loss', 'slow-database', 'traffic-surge'];
const RAMP_STAGES = 4;

/** Schedules the begin and the end of a fault. */
export function scheduleFault(fault: PlannedFault, scene: FaultScene): void {
  const { queue, random } = scene;
  queue.at(fault.onsetNs, () => {
    if (fault.rampNs === 0 || !RAMPED.includes(fault.type)) {
      queue.at(fault.endNs, beginFault(fault, scene));
      return;
    }
    // What is drawn for the fault is the same in all stages.
    const stages = random.fork(`ramp/${fault.startNs}`);
    let end = (): void => undefined;
    for (let stage = 1; stage <= RAMP_STAGES; stage += 1) {
      queue.at(fault.onsetNs + (fault.rampNs * (stage - 1)) / (RAMP_STAGES - 1), () => {
        end();
        const strength = (fault.strength * stage) / RAMP_STAGES;
        end = beginFault({ ...fault, strength }, { ...scene, random: stages.fork('draw') });
      });
    }
    queue.at(fault.endNs, () => {
      end();
    });
  });
}

/** @returns what ends the fault. */
function beginFault(fault: PlannedFault, scene: FaultScene): () => void {
  const { service, severity, scope, strength, mechanism } = fault;
  const { cluster, random } = scene;
  const grown = (factor: number): number => 1 + (factor - 1) * strength;
  switch (fault.type) {
    case 'cpu-contention':
      return affect(service, toContention(fault), cluster, scope);
    case 'memory-leak':
      return beginLeak(fault, scene);
    case 'network-delay':
      return mechanism === 'inbound'
        ? affect(service, { inboundDelayMs: 20 * 8 ** severity * strength }, cluster, scope)
        : affect(service, { delayMs: 20 * 8 ** severity * strength }, cluster, scope);
    case 'network-loss':
      return affect(service, { loss: (0.06 + 0.25 * severity) * strength }, cluster, scope);
    case 'exception':
      return affect(service, { throws: toException(fault, random) }, cluster, scope);
    case 'wrong-return': {
      const operation = pickOperation(service, random);
      const returnsEarly = { probability: (0.4 + 0.6 * severity) * strength, operation, position: random.uniform(0.15, 0.6) };
      if (mechanism === 'other-line') {
        return affect(service, { returnsEarly: { ...returnsEarly, says: random.pick(OTHER_LINES) } }, cluster, scope);
      }
      return affect(service, { returnsEarly }, cluster, scope);
    }
    case 'dependency-down':
      return beginOutage(fault, scene);
    case 'slow-database':
      return mechanism === 'one-statement'
        ? affect(service, toSlowStatement(service, grown(5 + 35 * severity), random), cluster)
        : affect(service, { workFactor: grown(5 + 35 * severity), cpuShare: (0.15 + 0.2 * severity) * strength }, cluster);
    case 'configuration-error':
      return beginWrongConfiguration(fault, scene);
    case 'traffic-surge': {
      const surge = { factor: grown(2 + 2.5 * severity) };
      scene.traffic.addSurge(surge);
      return () => {
        scene.traffic.removeSurge(surge);
      };
    }
  }
}

function affect(service: Service, effect: Effect, cluster: Cluster, scope: 'all' | 'one' = 'all'): () => void {
  cluster.affect(service, effect, scope);
  return () => {
    cluster.relieve(service, effect);
  };
}

function toContention({ severity, strength, mechanism }: PlannedFault): Effect {
  const cpuShare = (0.25 + 0.45 * severity) * strength;
  const workFactor = 1 + (0.4 + 2 * severity) * strength;
  if (mechanism === 'hidden') {
    return { workFactor };
  }
  return mechanism === 'consumption' ? { spareShare: cpuShare, workFactor: 1 + 0.2 * severity * strength } : { cpuShare, workFactor };
}

/** A lost index: one statement gets slow, the others do not. */
function toSlowStatement(service: Service, factor: number, random: Random): Effect {
  const operation = pickOperation(service, random);
  return operation === undefined ? { workFactor: factor } : { slowOperation: { operation, factor } };
}

function toException({ service, severity, strength, mechanism }: PlannedFault, random: Random): ThrownException {
  return {
    probability: (0.25 + 0.7 * severity) * strength,
    operation: pickOperation(service, random),
    position: random.uniform(0.3, 0.95),
    ...random.pick<(typeof MORE_EXCEPTIONS)[number]>(mechanism === undefined ? EXCEPTIONS : MORE_EXCEPTIONS),
    // Now and then the exception is caught: only its trace in the log shows it.
    status: toThrownStatus(mechanism, random),
  };
}

function toThrownStatus(mechanism: FaultMechanism | undefined, random: Random): number {
  if (mechanism !== undefined) {
    return mechanism === 'caught' ? 200 : 500;
  }
  return random.chance(0.2) ? 200 : 500;
}

/** An operation in proportion to how often it runs. */
function pickOperation(service: Service, random: Random): Operation | undefined {
  return service.operations[random.weightedIndex(service.operations.map(({ visits }) => visits))];
}

function beginLeak(fault: PlannedFault, { cluster }: FaultScene): () => void {
  const { service, onsetNs, endNs, severity, scope, strength, mechanism } = fault;
  const memoryMb = cluster.pods(service)[0]?.size.memoryMb ?? 0;
  const minutes = (endNs - onsetNs) / 6e10;
  // Bounded: it ends before collections get long, so that only the metric shows it.
  const share = mechanism === 'bounded' ? 0.15 + 0.18 * severity : 0.35 + 0.5 * severity;
  const end = affect(service, { leakMbPerMinute: (share * strength * memoryMb) / minutes }, cluster, scope);
  return () => {
    end();
    for (const pod of cluster.pods(service)) {
      cluster.restart(pod, START_UP_MS / 2);
    }
  };
}

function beginOutage({ service, mechanism }: PlannedFault, scene: FaultScene): () => void {
  if (mechanism === 'hangs') {
    return affect(service, { isHanging: true }, scene.cluster);
  }
  sayAll(scene.cluster.pods(service), 'Received SIGTERM, shutting down', scene);
  const end = affect(service, { isDown: true }, scene.cluster);
  return () => {
    end();
    for (const pod of scene.cluster.pods(service)) {
      scene.cluster.restart(pod, START_UP_MS / 3);
    }
    sayAll(scene.cluster.pods(service), `Service ${service.name} ready to accept connections`, scene);
  };
}

/** A roll-out with a setting that does not fit; the end is a roll-out of the version before. */
function beginWrongConfiguration(fault: PlannedFault, scene: FaultScene): () => void {
  const { service, severity } = fault;
  const { cluster, random } = scene;
  const callees = listCallees(service);
  const database = callees.find(({ kind }) => kind === 'database');
  let effect: Effect;
  let setting: string;
  if (database !== undefined && fault.setting === 'connection-pool') {
    const limitMs = 2000;
    effect = { poolWait: { meanMs: (300 + 2200 * severity) * fault.strength, limitMs } };
    setting = 'datasource.maximum-pool-size=1';
  } else {
    const misdirected = random.pick(callees);
    effect = { misdirected };
    setting = `clients.${misdirected.name}.host=${misdirected.name}.internal.invalid`;
  }
  const fresh = cluster.redeploy(service, START_UP_MS);
  fresh.forEach((pod) => {
    pod.addEffect(effect);
  });
  scene.queue.afterMs(START_UP_MS, () => {
    sayAll(fresh, `Started ${service.name} with 1 overridden setting: ${setting}`, scene);
    // Pods that start while the fault lasts have the same configuration.
    cluster.affect(service, effect);
  });
  return () => {
    cluster.relieve(service, effect);
    const restored = cluster.redeploy(service, START_UP_MS / 2);
    scene.queue.afterMs(START_UP_MS / 2, () => {
      sayAll(restored, `Started ${service.name}`, scene);
    });
  };
}

function sayAll(pods: readonly Pod[], text: string, { queue, telemetry }: FaultScene): void {
  for (const pod of pods) {
    telemetry.log({ pod, timeNs: queue.nowNs, level: 'info', text, trace: undefined, spanId: '' });
  }
}
