import type { DraftOperation, DraftService } from './draft.js';
import { call, tryCall, work } from './blueprint.js';
import type { Language, OperationBlueprint, RequestBlueprint, ServiceBlueprint, SystemBlueprint } from './blueprint.js';
import type { Random } from '../../core/math/random.js';
import { connectUnreached } from './reachability.js';
import { drawStore } from './variedStores.js';
import type { SystemProfile, TopologyProfile } from './systemProfile.js';
import { ENTRY_NAMES, VERBS, drawNamingStyle } from './systemVocabulary.js';
import { HUB_CALLS, isHub, placeService } from './topology.js';
import { addLines } from './variedLines.js';
import { addReactions } from './variedReactions.js';
import { drawNouns, drawOperationNaming } from './variedVocabulary.js';
import type { OperationNaming } from './variedVocabulary.js';

const LANGUAGES: readonly Language[] = ['java', 'python', 'node', 'go', 'dotnet'];
/** Of the executions of a request, what a single operation below the entry may cause. */
const SUBTREE_SHARE = 0.55;

/**
 * Draws a system as its profile describes it.
 * @param count services of all kinds together, >= 1
 */
export function createVariedSystem(profile: SystemProfile, count: number, random: Random): SystemBlueprint {
  const { storeShare, isPolyglot } = profile.topology;
  const nouns = drawNouns(random);
  const style = drawNamingStyle(random);
  const house = drawOperationNaming(random);
  const languages = random.chance(0.35) ? [random.pick(LANGUAGES)] : LANGUAGES;
  const storeCount = Math.min(count - 1, Math.round(count * storeShare));
  const serviceCount = count - storeCount;
  const stores = Array.from({ length: storeCount }, (_, index) =>
    drawStore(index, nouns[nouns.length - 1 - index] ?? 'data', style, house.statements, random),
  );
  const services = Array.from({ length: serviceCount }, (_, index): DraftService => {
    const noun = nouns[index % nouns.length] ?? 'item';
    return {
      blueprint: {
        name: index === 0 ? random.pick(ENTRY_NAMES) : style.service(noun),
        kind: 'service',
        language: random.pick(languages),
        replicas: random.pick([1, 1, 1, 2, 2, 3]),
        retries: random.pick([0, 0, 0, 1, 2]),
        ...drawVisibility(index, profile, random),
      },
      noun,
      index,
      placement: placeService(profile.topology.shape, index, serviceCount, random),
      operations: [],
      callers: 0,
    };
  });
  for (const service of services.toSorted((left, right) => right.placement.layer - left.placement.layer)) {
    addOperations(service, services, stores, isPolyglot ? drawOperationNaming(random) : house, profile, random);
  }
  connectUnreached(services, stores, profile.topology.branching, random);
  for (const service of services) {
    service.operations.forEach((operation) => {
      addLines(operation, service.index === 0, profile, random);
    });
  }
  addReactions(services, profile.topology.carelessness, random.fork('reactions'));
  const [entry] = services;
  const skew = random.uniform(0.3, 1.6);
  const requests = (entry?.operations ?? []).map((operation, index): RequestBlueprint => ({
    service: entry?.blueprint.name ?? '',
    operation: operation.name,
    weight: random.uniform(0.6, 1.4) / (index + 1) ** skew,
  }));
  const all = [...services, ...stores].map(toBlueprint);
  return { namespace: random.pick(['prod', 'default', 'shop', 'apps', 'team-a', 'ts', 'hipster']), services: all, requests };
}

/** How the service reports failures, and which signals of it are collected; the entry is always traced. */
function drawVisibility(index: number, { logs, gaps }: SystemProfile, random: Random): Partial<ServiceBlueprint> {
  const draw = random.next();
  const reporting = draw < logs.stackShare ? 'stack' : draw < logs.stackShare + logs.silentShare ? 'silent' : 'line';
  return {
    reporting,
    phrasing: random.pick(logs.phrasings),
    hasClientSpans: gaps.hasClientSpans,
    isTraced: !random.chance(gaps.withoutTraces) || index === 0,
    isLogged: !random.chance(gaps.withoutLogs),
    isMeasured: !random.chance(gaps.withoutMetrics),
  };
}

function addOperations(
  service: DraftService,
  services: readonly DraftService[],
  stores: readonly DraftService[],
  naming: OperationNaming,
  profile: SystemProfile,
  random: Random,
): void {
  const { shape, maxTree, workSigma, operationFactor } = profile.topology;
  const { placement, noun } = service;
  const deeper = services.filter((other) => other.placement.layer > placement.layer);
  // In a chain the next layer comes first; elsewhere a service keeps to a few neighbours: real call graphs are sparse.
  const order = random.shuffle(deeper).sort((left, right) => (shape === 'chain' ? left.placement.layer - right.placement.layer : 0));
  const neighbours = order.slice(0, placement.neighbours);
  const hub = deeper.find(({ index }) => isHub(shape, index));
  const own = random.shuffle(stores.filter(({ blueprint }) => blueprint.kind !== 'queue')).slice(0, shape === 'data-heavy' ? 3 : 2);
  for (let i = 0; i < Math.round(placement.operations * operationFactor); i += 1) {
    const verb = VERBS[(i + service.index) % VERBS.length] ?? 'get';
    const nth = Math.floor(i / VERBS.length);
    const operation: DraftOperation = {
      name: naming.operation(verb, noun) + (nth === 0 ? '' : `-v${nth + 1}`),
      verb,
      noun,
      steps: [],
      workMs: random.logNormal(4, 0.8),
      sigma: workSigma * random.uniform(0.6, 1.2),
      tree: 1,
    };
    const limit = service.index === 0 ? maxTree : Math.max(3, Math.round(maxTree * SUBTREE_SHARE));
    const wanted = random.integer(service.index === 0 ? 1 : 0, placement.calls);
    const fresh = neighbours.filter(({ callers }) => callers === 0);
    const chosen = [...fresh.slice(0, wanted), ...random.shuffle(neighbours)].slice(0, wanted);
    const shared = hub !== undefined && random.chance(HUB_CALLS) ? [hub] : [];
    const stored = service.index === 0 ? [] : own.slice(0, random.integer(0, own.length));
    const share = random.uniform(0.15, 0.7);
    operation.steps.push(work(share));
    for (const target of new Set([...shared, ...chosen, ...stored])) {
      addCall(operation, target, limit, profile.topology, random);
    }
    operation.steps.push(work(1 - share));
    service.operations.push(operation);
  }
}

function addCall(operation: DraftOperation, target: DraftService, limit: number, topology: TopologyProfile, random: Random): void {
  const { branching, swallowing, parallel } = topology;
  const affordable = target.operations.filter(({ tree }) => operation.tree + tree <= limit);
  if (affordable.length === 0) {
    return;
  }
  const callee = random.pick(affordable);
  const { name } = target.blueprint;
  operation.tree += callee.tree;
  target.callers += 1;
  const last = operation.steps.at(-1);
  const probability = random.chance(branching) ? random.uniform(0.1, 0.9) : 1;
  if (last?.kind === 'call' && last.probability === 1 && probability === 1 && random.chance(parallel)) {
    const calls = [...last.calls, { service: name, operation: callee.name, isOptional: random.chance(swallowing) }];
    operation.steps[operation.steps.length - 1] = { ...last, calls };
  } else {
    operation.steps.push((random.chance(swallowing) ? tryCall : call)(name, callee.name, probability));
  }
}

function toBlueprint({ blueprint, operations }: DraftService): ServiceBlueprint {
  const finished = operations.map(({ name, workMs, sigma, steps }): OperationBlueprint => ({ name, workMs, sigma, steps }));
  return { ...blueprint, operations: finished };
}
