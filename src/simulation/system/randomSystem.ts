import { call, publish, say, tryCall, work } from './blueprint.js';
import type { Language, OperationBlueprint, RequestBlueprint, ServiceBlueprint, StepBlueprint, SystemBlueprint } from './blueprint.js';
import type { Random } from '../../core/math/random.js';
import { DOMAIN_NOUNS, ENTRY_NAMES, VERBS, drawLogText, drawNamingStyle } from './systemVocabulary.js';
import type { NamingStyle } from './systemVocabulary.js';

/** Executions that one operation may cause below it: keeps call trees of the size seen in practice. */
const MAX_TREE = 14;
const MAX_ENTRY_TREE = 26;
const LANGUAGES: readonly Language[] = ['java', 'python', 'node', 'go', 'dotnet'];

interface DraftOperation {
  readonly name: string;
  readonly steps: StepBlueprint[];
  readonly workMs: number;
  readonly sigma: number;
  /** Executions in the tree of this operation, itself included. */
  tree: number;
}

interface DraftService {
  readonly blueprint: Omit<ServiceBlueprint, 'operations'>;
  readonly noun: string;
  /** 0: entry; a service calls only services of deeper layers. */
  readonly layer: number;
  readonly operations: DraftOperation[];
  callers: number;
}

/**
 * Draws a system: an entry, layers of services that call deeper ones, databases, caches and queues.
 * @param count services of all kinds together, >= 1
 */
export function createRandomSystem(random: Random, count: number): SystemBlueprint {
  const style = drawNamingStyle(random);
  const nouns = random.shuffle(DOMAIN_NOUNS);
  const storeCount = count < 3 ? 0 : Math.max(1, Math.round(count * random.uniform(0.2, 0.38)));
  const stores = Array.from({ length: storeCount }, (_, index) => createStore(index, nouns, style, random));
  const services = createServices(count - storeCount, nouns, style, random);
  const deepestFirst = [...services].sort((left, right) => right.layer - left.layer);
  for (const service of deepestFirst) {
    addOperations(service, services, stores, style, random);
  }
  adoptUncalled(services, stores, random);
  const [entry] = services;
  const requests = (entry?.operations ?? []).map((operation, index): RequestBlueprint => ({
    service: entry?.blueprint.name ?? '',
    operation: operation.name,
    weight: random.uniform(0.6, 1.4) / (index + 1) ** 0.8,
  }));
  return {
    namespace: random.pick(['prod', 'default', 'shop', 'apps', 'team-a']),
    services: [...services, ...stores].map(toBlueprint),
    requests,
  };
}

function createServices(count: number, nouns: readonly string[], style: NamingStyle, random: Random): DraftService[] {
  const depth = count < 4 ? count - 1 : random.integer(2, 4);
  const replicas = random.pick([1, 2, 2, 3]);
  return Array.from({ length: count }, (_, index) => {
    const noun = nouns[index % nouns.length] ?? 'item';
    const suffix = index < nouns.length ? '' : `-${Math.floor(index / nouns.length) + 1}`;
    return {
      blueprint: {
        name: index === 0 ? random.pick(ENTRY_NAMES) : style.service(noun) + suffix,
        kind: 'service',
        language: random.pick(LANGUAGES),
        replicas: random.chance(0.6) ? replicas : random.integer(1, 3),
        retries: random.pick([0, 0, 1, 2]),
      },
      noun,
      layer: index === 0 ? 0 : 1 + ((index - 1) % Math.max(1, depth)),
      operations: [],
      callers: 0,
    };
  });
}

function createStore(index: number, nouns: readonly string[], style: NamingStyle, random: Random): DraftService {
  const noun = nouns[nouns.length - 1 - index] ?? 'data';
  const kind = index === 0 ? 'database' : random.pick(['database', 'database', 'cache', 'queue'] as const);
  const name = style[kind](noun);
  const verbs = kind === 'database' ? ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] : ['GET', 'SET', 'MGET'];
  const names =
    kind === 'queue'
      ? [`send ${name}`]
      : random
          .shuffle(verbs)
          .slice(0, random.integer(1, 3))
          .map((verb) => `${verb} ${noun}${random.pick(['', 's', '_items'])}`);
  const medianMs = kind === 'database' ? 2.5 : 0.5;
  return {
    blueprint: { name, kind, language: 'go', replicas: 1, retries: 0 },
    noun,
    layer: Infinity,
    operations: names.map((operationName) => ({
      name: operationName,
      steps: [work(1)],
      workMs: random.logNormal(medianMs, 0.6),
      sigma: random.uniform(0.25, 0.6),
      tree: 1,
    })),
    callers: 0,
  };
}

function addOperations(
  service: DraftService,
  services: readonly DraftService[],
  stores: readonly DraftService[],
  style: NamingStyle,
  random: Random,
): void {
  const isEntry = service.layer === 0;
  const verbs = random.shuffle(VERBS).slice(0, isEntry ? random.integer(3, 7) : random.integer(1, 4));
  const deeper = services.filter(({ layer }) => layer > service.layer);
  // A service keeps to a few stores and neighbours: real call graphs are sparse.
  const ownStores = random.shuffle(stores.filter(({ blueprint }) => blueprint.kind !== 'queue')).slice(0, random.integer(0, 2));
  const neighbours = random.shuffle(deeper).slice(0, isEntry ? 8 : random.integer(0, 3));
  for (const verb of verbs) {
    service.operations.push(createOperation(service, verb, isEntry ? deeper : neighbours, isEntry ? [] : ownStores, style, random));
  }
}

function createOperation(
  service: DraftService,
  verb: string,
  callees: readonly DraftService[],
  stores: readonly DraftService[],
  style: NamingStyle,
  random: Random,
): DraftOperation {
  const { noun } = service;
  const steps: StepBlueprint[] = [];
  const isEntry = service.layer === 0;
  const operation: DraftOperation = {
    name: style.operation(verb, noun),
    steps,
    workMs: random.logNormal(4, 0.7),
    sigma: random.uniform(0.2, 0.55),
    tree: 1,
  };
  if (random.chance(0.7)) {
    steps.push(say(drawLogText('start', verb, noun, random)));
  }
  const share = random.uniform(0.15, 0.7);
  steps.push(work(share));
  const wanted = callees.length === 0 ? 0 : isEntry ? random.integer(1, 4) : random.integer(0, 3);
  const fresh = callees.filter(({ callers }) => callers === 0);
  const chosen = [...random.shuffle(fresh).slice(0, wanted), ...random.shuffle(callees)].slice(0, wanted);
  const targets = [...new Set([...chosen, ...random.shuffle(stores).slice(0, random.integer(0, 2))])];
  const limit = isEntry ? MAX_ENTRY_TREE : MAX_TREE;
  for (const target of targets) {
    addCall(operation, target, limit, random);
    if (random.chance(0.45)) {
      steps.push(say(drawLogText('middle', verb, noun, random), 'info', random.chance(0.75) ? 1 : random.uniform(0.2, 0.8)));
    }
  }
  steps.push(work(1 - share));
  if (random.chance(0.4)) {
    steps.push(say(drawLogText('warning', verb, noun, random), 'warn', random.uniform(0.001, 0.02)));
  }
  if (random.chance(0.75)) {
    steps.push(say(drawLogText('end', verb, noun, random)));
  }
  return operation;
}

/** Adds a call, a conditional call, an optional one, or joins the call before so that both run at once. */
function addCall(operation: DraftOperation, target: DraftService, limit: number, random: Random): void {
  const affordable = target.operations.filter(({ tree }) => operation.tree + tree <= limit);
  if (affordable.length === 0) {
    return;
  }
  const callee = random.pick(affordable);
  const { name } = target.blueprint;
  operation.tree += callee.tree;
  target.callers += 1;
  const last = operation.steps.at(-1);
  if (last?.kind === 'call' && last.probability === 1 && random.chance(0.4)) {
    const calls = [...last.calls, { service: name, operation: callee.name, isOptional: false }];
    operation.steps[operation.steps.length - 1] = { ...last, calls };
  } else if (random.chance(0.15)) {
    operation.steps.push(tryCall(name, callee.name, random.uniform(0.5, 1)));
  } else {
    operation.steps.push(call(name, callee.name, random.chance(0.75) ? 1 : random.uniform(0.1, 0.9)));
  }
}

/** Nothing stays unused: services and stores without a caller get one, queues a sender and a consumer. */
function adoptUncalled(services: readonly DraftService[], stores: readonly DraftService[], random: Random): void {
  for (const target of [...services.slice(1), ...stores].filter(({ callers }) => callers === 0)) {
    const above = services.filter(({ layer, callers }) => layer < target.layer && (layer === 0 || callers > 0));
    const caller = random.pick(above.length > 0 ? above : services.slice(0, 1));
    const operation = random.pick(caller.operations);
    const consumer = services.find(({ layer }) => layer > caller.layer);
    const consume = consumer?.operations[0];
    target.callers += 1;
    if (target.blueprint.kind !== 'queue') {
      operation.steps.push(call(target.blueprint.name, random.pick(target.operations).name, random.uniform(0.6, 1)));
    } else if (consumer !== undefined && consume !== undefined) {
      operation.steps.push(publish(target.blueprint.name, consumer.blueprint.name, consume.name, random.uniform(0.5, 1)));
    }
  }
}

function toBlueprint({ blueprint, operations }: DraftService): ServiceBlueprint {
  const finished = operations.map(({ name, workMs, sigma, steps }): OperationBlueprint => ({ name, workMs, sigma, steps }));
  return { ...blueprint, operations: finished };
}
