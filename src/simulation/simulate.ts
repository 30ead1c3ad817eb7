import { toEpochNs, toIso } from '../core/time.js';
import { planFaults } from './faults/faultPlan.js';
import type { PlannedFault } from './faults/faultPlan.js';
import { linkSystem } from './system/linkedSystem.js';
import { Random } from '../core/math/random.js';
import { SimulationRun } from './simulationRun.js';
import { toSettings } from './simulationSettings.js';
import type { Label, SimulatedFile, SimulatedIncident, SimulationOptions } from './simulationTypes.js';

const NS_PER_MINUTE = 6e10;

/**
 * Simulates a microservice system with faults and describes the files an observability stack would have exported.
 * Nothing is written and nothing is simulated until `files` is iterated; a file's content is to be read before the next file is asked for.
 * @throws when an option is out of range or a fault cannot happen as asked.
 */
export function simulate(options: SimulationOptions): SimulatedIncident {
  const settings = toSettings(options);
  const system = linkSystem(settings.blueprint);
  const faults = planFaults(settings.faults, system, settings.minutes, new Random(settings.seed, 'faults'));
  const labels = toLabels(faults, settings.startNs, settings.minutes);
  return {
    labels,
    services: system.services.map(({ name }) => name),
    files: {
      *[Symbol.iterator](): Iterator<SimulatedFile> {
        yield* new SimulationRun(settings, system, faults).files();
        yield { path: 'labels.csv', content: toLabelsCsv(labels) };
      },
    },
  };
}

/** Faults as labels, and the ranges between them as normal. */
function toLabels(faults: readonly PlannedFault[], startNs: bigint, minutes: number): Label[] {
  const at = (ns: number): Label['startNs'] => toEpochNs(startNs + BigInt(ns));
  const labels: Label[] = [];
  let quietFrom = 0;
  for (const fault of faults) {
    if (fault.startNs > quietFrom) {
      labels.push({ startNs: at(quietFrom), endNs: at(fault.startNs), type: 'normal', entity: '' });
    }
    labels.push({ startNs: at(fault.startNs), endNs: at(fault.endNs), type: fault.type, entity: fault.service.name });
    quietFrom = Math.max(quietFrom, fault.endNs);
  }
  const endNs = Math.round(minutes * NS_PER_MINUTE);
  if (quietFrom < endNs) {
    labels.push({ startNs: at(quietFrom), endNs: at(endNs), type: 'normal', entity: '' });
  }
  return labels;
}

function toLabelsCsv(labels: readonly Label[]): string[] {
  const rows = labels.map(({ startNs, endNs, type, entity }) => `${toIso(startNs)},${toIso(endNs)},${type},${entity}\n`);
  return ['start,end,type,entity\n', ...rows];
}
