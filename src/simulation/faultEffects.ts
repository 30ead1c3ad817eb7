import type { Cluster } from './cluster.js';
import type { Effect, ThrownException } from './effects.js';
import type { EventQueue } from './eventQueue.js';
import { listCallees } from './faultPlan.js';
import type { PlannedFault } from './faultPlan.js';
import type { Operation, Service } from './linkedSystem.js';
import type { Pod } from './pod.js';
import type { Random } from './random.js';
import type { Telemetry } from './telemetry.js';
import type { Traffic } from './traffic.js';

const EXCEPTIONS = [
  { type: 'IllegalStateException', message: 'unexpected state of the aggregate' },
  { type: 'NullPointerException', message: 'value of field is null' },
  { type: 'ValueError', message: 'could not convert value' },
  { type: 'SerializationException', message: 'unknown field in payload' },
  { type: 'IndexOutOfBoundsException', message: 'index out of range' },
] as const;

const START_UP_MS = 9000;

export interface FaultScene {
  readonly cluster: Cluster;
  readonly traffic: Traffic;
  readonly queue: EventQueue;
  readonly telemetry: Telemetry;
  readonly random: Random;
}

/** Schedules the begin and the end of a fault. */
export function scheduleFault(fault: PlannedFault, scene: FaultScene): void {
  scene.queue.at(fault.startNs, () => {
    const end = beginFault(fault, scene);
    scene.queue.at(fault.endNs, end);
  });
}

/** @returns what ends the fault. */
function beginFault(fault: PlannedFault, scene: FaultScene): () => void {
  const { service, severity, scope } = fault;
  const { cluster, random } = scene;
  switch (fault.type) {
    case 'cpu-contention':
      return affect(service, { cpuShare: 0.25 + 0.45 * severity, workFactor: 1.4 + 2 * severity }, cluster, scope);
    case 'memory-leak':
      return beginLeak(fault, scene);
    case 'network-delay':
      return affect(service, { delayMs: 20 * 8 ** severity }, cluster, scope);
    case 'network-loss':
      return affect(service, { loss: 0.06 + 0.25 * severity }, cluster, scope);
    case 'exception':
      return affect(service, { throws: toException(service, 0.25 + 0.7 * severity, random) }, cluster, scope);
    case 'wrong-return': {
      const operation = pickOperation(service, random);
      const returnsEarly = { probability: 0.4 + 0.6 * severity, operation, position: random.uniform(0.15, 0.6) };
      return affect(service, { returnsEarly }, cluster, scope);
    }
    case 'dependency-down':
      return beginOutage(fault, scene);
    case 'slow-database':
      return affect(service, { workFactor: 5 + 35 * severity, cpuShare: 0.15 + 0.2 * severity }, cluster);
    case 'configuration-error':
      return beginWrongConfiguration(fault, scene);
    case 'traffic-surge': {
      const surge = { factor: 2 + 2.5 * severity };
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

function toException(service: Service, probability: number, random: Random): ThrownException {
  return {
    probability,
    operation: pickOperation(service, random),
    position: random.uniform(0.3, 0.95),
    ...random.pick(EXCEPTIONS),
    // Now and then the exception is caught: only its trace in the log shows it.
    status: random.chance(0.2) ? 200 : 500,
  };
}

/** An operation in proportion to how often it runs. */
function pickOperation(service: Service, random: Random): Operation | undefined {
  return service.operations[random.weightedIndex(service.operations.map(({ visits }) => visits))];
}

function beginLeak({ service, startNs, endNs, severity, scope }: PlannedFault, { cluster }: FaultScene): () => void {
  const memoryMb = cluster.pods(service)[0]?.size.memoryMb ?? 0;
  const minutes = (endNs - startNs) / 6e10;
  const end = affect(service, { leakMbPerMinute: ((0.35 + 0.5 * severity) * memoryMb) / minutes }, cluster, scope);
  return () => {
    end();
    for (const pod of cluster.pods(service)) {
      cluster.restart(pod, START_UP_MS / 2);
    }
  };
}

function beginOutage({ service }: PlannedFault, scene: FaultScene): () => void {
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
    effect = { poolWait: { meanMs: 300 + 2200 * severity, limitMs } };
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
