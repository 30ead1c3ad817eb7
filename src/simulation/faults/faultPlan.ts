import type { LinkedSystem, Service } from '../system/linkedSystem.js';
import type { Random } from '../../core/math/random.js';
import { FAULT_MECHANISMS, FAULT_TYPES } from '../faultTypes.js';
import type { FaultMechanism, FaultRequest, FaultType, WrongSetting } from '../faultTypes.js';

export interface PlannedFault {
  readonly type: FaultType;
  readonly service: Service;
  readonly startNs: number;
  readonly endNs: number;
  /** 0 to 1. */
  readonly severity: number;
  readonly scope: 'all' | 'one';
  readonly setting: WrongSetting;
  /** When the effect begins, not before `startNs`. */
  readonly onsetNs: number;
  /** From the onset to full strength. */
  readonly rampNs: number;
  /** Above 0 to 1. */
  readonly strength: number;
  /** Undefined: as the fault type draws it. */
  readonly mechanism: FaultMechanism | undefined;
}

/** Executions per request below which a fault of a service would hardly show. */
const MIN_VISITS = 0.08;
/** First part of a run that stays free of planned faults, so that there is something usual. */
const QUIET_SHARE = 0.25;
const MAX_FAULT_MINUTES = 5;

/**
 * Where and when faults happen: as asked, or spread evenly over the run after a quiet start.
 * @throws when a fault names a service that does not exist or that the fault cannot befall, or lies outside the run.
 */
export function planFaults(
  faults: number | readonly FaultRequest[],
  system: LinkedSystem,
  minutes: number,
  random: Random,
): PlannedFault[] {
  const requests = typeof faults === 'number' ? spreadFaults(faults, system, minutes, random) : faults;
  const used = new Set<Service>();
  return requests
    .map((request): PlannedFault => {
      const { type, startMinute, minutes: length } = request;
      if (!(startMinute >= 0 && length > 0 && startMinute + length <= minutes)) {
        throw new Error(`fault ${type} from minute ${startMinute} for ${length} lies outside the run of ${minutes} minutes`);
      }
      const { onsetSeconds = 0, rampSeconds = 0, strength = 1, mechanism } = request;
      if (!(onsetSeconds >= 0 && rampSeconds >= 0 && onsetSeconds + rampSeconds < length * 60)) {
        throw new Error(`fault ${type} of ${length} minutes cannot reach full strength ${onsetSeconds} + ${rampSeconds} s after its start`);
      }
      if (!(strength > 0 && strength <= 1)) {
        throw new Error(`the strength of fault ${type} must be above 0 and at most 1, got ${strength}`);
      }
      if (mechanism !== undefined && !(FAULT_MECHANISMS[type] as readonly string[]).includes(mechanism)) {
        throw new Error(`${type} cannot come about by ${mechanism}; possible: ${FAULT_MECHANISMS[type].join(', ')}`);
      }
      const service = request.service === undefined ? drawService(type, system, used, random) : getService(type, request.service, system);
      used.add(service);
      return {
        type,
        service,
        startNs: toWholeSecondNs(startMinute),
        endNs: toWholeSecondNs(startMinute + length),
        severity: request.severity ?? random.uniform(0.4, 1),
        scope: request.scope ?? 'all',
        setting: request.setting ?? random.pick(['connection-pool', 'connection-pool', 'address']),
        onsetNs: toWholeSecondNs(startMinute) + onsetSeconds * 1e9,
        rampNs: rampSeconds * 1e9,
        strength,
        mechanism,
      };
    })
    .sort((left, right) => left.startNs - right.startNs);
}

function spreadFaults(count: number, system: LinkedSystem, minutes: number, random: Random): FaultRequest[] {
  const possible = FAULT_TYPES.filter((type) => findCandidates(type, system).length > 0);
  if (possible.length === 0 || minutes <= 0) {
    return [];
  }
  const order: FaultType[] = [];
  while (order.length < count) {
    order.push(...random.shuffle(possible));
  }
  const quiet = minutes * QUIET_SHARE;
  const room = (minutes - quiet) / Math.max(1, count);
  return order.slice(0, count).map((type, index) => {
    const length = Math.min(MAX_FAULT_MINUTES, room * random.uniform(0.4, 0.6));
    return { type, startMinute: quiet + index * room + random.uniform(0, 0.9 * (room - length)), minutes: length };
  });
}

/**
 * Services that a fault of this type can befall and where it would show.
 * @param minVisits executions per request that a service needs
 */
export function findCandidates(type: FaultType, system: LinkedSystem, minVisits = MIN_VISITS): Service[] {
  const visited = system.services.filter(({ operations }) => operations.reduce((sum, { visits }) => sum + visits, 0) >= minVisits);
  const entries = new Set(system.requests.map(({ operation }) => operation.service));
  switch (type) {
    case 'traffic-surge':
      return visited.filter((service) => entries.has(service));
    case 'slow-database':
      return visited.filter(({ kind }) => kind === 'database');
    case 'dependency-down':
      return visited.filter((service) => !entries.has(service) && service.kind !== 'queue');
    case 'configuration-error':
      return visited.filter((service) => service.kind === 'service' && listCallees(service).length > 0);
    case 'cpu-contention':
    case 'memory-leak':
    case 'network-delay':
    case 'network-loss':
    case 'exception':
    case 'wrong-return':
      return visited.filter(({ kind }) => kind === 'service');
  }
}

/** Services that operations of `service` call. */
export function listCallees(service: Service): Service[] {
  const callees = service.operations.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'call' ? step.calls.map(({ operation }) => operation.service) : [])),
  );
  return [...new Set(callees)];
}

function toWholeSecondNs(minute: number): number {
  return Math.round(minute * 60) * 1e9;
}

/** Prefers services without an earlier fault. */
function drawService(type: FaultType, system: LinkedSystem, used: ReadonlySet<Service>, random: Random): Service {
  const candidates = findCandidates(type, system);
  if (candidates.length === 0) {
    throw new Error(`no service of this system can have a ${type} fault`);
  }
  const fresh = candidates.filter((service) => !used.has(service));
  return random.pick(fresh.length > 0 ? fresh : candidates);
}

function getService(type: FaultType, name: string, system: LinkedSystem): Service {
  // Who names a service may name one that is hardly called.
  const candidates = findCandidates(type, system, Number.MIN_VALUE);
  const found = candidates.find((service) => service.name === name);
  if (found === undefined) {
    const names = candidates.map((service) => service.name).join(', ');
    throw new Error(`${type} cannot befall ${name}; possible: ${names === '' ? 'no service of this system' : names}`);
  }
  return found;
}
