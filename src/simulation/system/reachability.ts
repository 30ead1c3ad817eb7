import { call, publish } from './blueprint.js';
import type { StepBlueprint } from './blueprint.js';
import type { Random } from '../../core/math/random.js';
import type { DraftOperation, DraftService } from './draft.js';

/** A service that nobody needs much: lowest probability of the only call to it. */
const RAREST_CALL = 0.01;

/**
 * Nothing stays unused: services and stores that no request reaches get a caller that one does, queues a sender and a consumer.
 * @param services the entry first; @param branching share of such calls that are made only sometimes
 */
export function connectUnreached(
  services: readonly DraftService[],
  stores: readonly DraftService[],
  branching: number,
  random: Random,
): void {
  const byLayer = services.slice(1).toSorted((left, right) => left.placement.layer - right.placement.layer);
  for (const target of [...byLayer, ...stores]) {
    const reached = findReached(services, stores);
    if (target.operations.some((operation) => reached.has(operation))) {
      continue;
    }
    const above = services.filter(({ placement }) => placement.layer < target.placement.layer);
    const pairs = above.flatMap((caller) =>
      caller.operations.filter((operation) => reached.has(operation)).map((operation) => ({ caller, operation })),
    );
    if (pairs.length === 0) {
      continue;
    }
    const { caller, operation } = random.pick(pairs);
    const probability = random.chance(branching) ? random.uniform(RAREST_CALL, 0.9) : 1;
    const step = toStep(target, caller, services, probability, random);
    // Before the last work: what a call returns is worked on.
    operation.steps.splice(operation.steps.length - 1, 0, ...(step === undefined ? [] : [step]));
  }
}

function toStep(
  target: DraftService,
  caller: DraftService,
  services: readonly DraftService[],
  probability: number,
  random: Random,
): StepBlueprint | undefined {
  const { name, kind } = target.blueprint;
  if (kind !== 'queue') {
    return call(name, random.pick(target.operations).name, probability);
  }
  const consumers = services.filter(({ placement }) => placement.layer > caller.placement.layer);
  const consumer = consumers.length === 0 ? undefined : random.pick(consumers);
  const consume = consumer?.operations[0];
  return consumer === undefined || consume === undefined ? undefined : publish(name, consumer.blueprint.name, consume.name, probability);
}

/** Operations that requests from outside can cause. */
function findReached(services: readonly DraftService[], stores: readonly DraftService[]): Set<DraftOperation> {
  const byName = new Map([...services, ...stores].map((service) => [service.blueprint.name, service]));
  const find = (service: string, operation: string): DraftOperation[] =>
    byName.get(service)?.operations.filter(({ name }) => name === operation) ?? [];
  const reached = new Set<DraftOperation>(services[0]?.operations ?? []);
  // A set hands out what is added while it is walked.
  for (const { steps } of reached) {
    for (const step of steps) {
      const targets =
        step.kind === 'call'
          ? step.calls.flatMap(({ service, operation }) => find(service, operation))
          : step.kind === 'publish'
            ? [...find(step.queue, `send ${step.queue}`), ...find(step.service, step.operation)]
            : [];
      targets.forEach((target) => reached.add(target));
    }
  }
  return reached;
}
