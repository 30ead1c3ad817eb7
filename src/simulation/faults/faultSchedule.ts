import { findCandidates } from './faultPlan.js';
import type { LinkedSystem, Service } from '../system/linkedSystem.js';
import type { Random } from '../../core/math/random.js';
import { FAULT_MECHANISMS } from '../faultTypes.js';
import type { FaultRequest, FaultType } from '../faultTypes.js';
import type { SystemProfile } from '../system/systemProfile.js';

/** Executions per request that a service needs for a fault: rarely called ones are hit as well, those without any call are not. */
const MIN_VISITS = 0.005;
/** A fault is at its strength for at least this long, s. */
const MIN_FULL_SECONDS = 20;
const MAX_ONSET_SECONDS = 50;
const TAIL_MINUTES = 0.5;
/** Tries to place a fault where no other one of the same service is; after that it is left out. */
const TRIES = 8;

interface Target {
  readonly type: FaultType;
  readonly service: Service;
}

/** Draws when which faults happen, as the profile wants them; fewer where the run has no room. Overlaps are between different services. */
export function drawFaultSchedule({ faults, recording }: SystemProfile, system: LinkedSystem, random: Random): FaultRequest[] {
  const targets = drawTargets(faults.types, faults.targets, system, random);
  const planned: (FaultRequest & { readonly service: string })[] = [];
  // Where the run is too short for what was wanted, faults get shorter and closer before they get fewer.
  const room = recording.minutes / (faults.count + 1);
  const [shortest, longest] = faults.lengthMinutes;
  const bound = Math.max(1, 0.8 * room);
  let startMinute = drawFirstStart(recording.layout, recording.minutes, random);
  for (let i = 0; i < faults.count && targets.length > 0; i += 1) {
    const minutes = Math.round(60 * random.uniform(Math.min(shortest, 0.6 * bound), Math.min(longest, bound))) / 60;
    if (startMinute + minutes > recording.minutes - TAIL_MINUTES) {
      break;
    }
    const target = pickTarget(targets, startMinute, planned, random);
    if (target !== undefined) {
      planned.push({ ...target, startMinute, minutes, ...drawCourse(target.type, minutes, faults, random) });
    }
    const isOverlapping = random.chance(faults.overlap);
    const next = isOverlapping
      ? minutes * random.uniform(0.2, 0.8)
      : minutes + 0.3 + random.exponential(Math.min(faults.pauseMinutes, 0.4 * room));
    startMinute = Math.round(60 * (startMinute + next)) / 60;
  }
  return planned;
}

/** Published runs begin in the midst of things; an incident comes after a stretch without faults. */
function drawFirstStart(layout: SystemProfile['recording']['layout'], minutes: number, random: Random): number {
  switch (layout) {
    case 'incident':
      return minutes * random.uniform(0.35, 0.6);
    case 'bursts':
      return random.uniform(0.5, 4);
    case 'continuous':
      return random.chance(0.25) ? random.uniform(0.5, 4) : random.uniform(5, 10);
  }
}

/** Pairs of type and service that can befall, each type with a few services. */
function drawTargets(types: readonly FaultType[], services: number, system: LinkedSystem, random: Random): Target[] {
  const pairs = types.flatMap((type) => findCandidates(type, system, MIN_VISITS).map((service) => ({ type, service })));
  if (services === 0) {
    return pairs;
  }
  const hit = random.shuffle([...new Set(pairs.map(({ service }) => service))]).slice(0, services);
  return pairs.filter(({ service }) => hit.includes(service));
}

/** A type first, then a service: otherwise types that befall many services would be drawn most. */
function pickTarget(
  targets: readonly Target[],
  startMinute: number,
  planned: readonly (FaultRequest & { readonly service: string })[],
  random: Random,
): { readonly type: FaultType; readonly service: string } | undefined {
  const busy = planned.filter((fault) => fault.startMinute + fault.minutes > startMinute).map(({ service }) => service);
  for (let i = 0; i < TRIES; i += 1) {
    const type = random.pick([...new Set(targets.map((target) => target.type))]);
    const { service } = random.pick(targets.filter((target) => target.type === type));
    if (!busy.includes(service.name)) {
      return { type, service: service.name };
    }
  }
  return undefined;
}

function drawCourse(
  type: FaultType,
  minutes: number,
  { weakShare, lateShare }: SystemProfile['faults'],
  random: Random,
): Omit<FaultRequest, 'type' | 'service' | 'startMinute' | 'minutes'> {
  const room = Math.max(0, minutes * 60 - MIN_FULL_SECONDS);
  const late = random.chance(lateShare) ? random.pick(['onset', 'ramp'] as const) : undefined;
  return {
    severity: random.next(),
    strength: random.chance(weakShare) ? random.uniform(0.15, 0.8) : 1,
    scope: random.chance(0.2) ? 'one' : 'all',
    mechanism: random.pick<NonNullable<FaultRequest['mechanism']>>(FAULT_MECHANISMS[type]),
    onsetSeconds: late === 'onset' ? random.uniform(3, Math.min(room, MAX_ONSET_SECONDS)) : 0,
    rampSeconds: late === 'ramp' ? Math.min(room, random.uniform(20, 120)) : 0,
  };
}
