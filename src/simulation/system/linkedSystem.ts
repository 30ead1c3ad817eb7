import type {
  FailureReporting,
  Language,
  LogLevel,
  OperationBlueprint,
  PartialReaction,
  ServiceBlueprint,
  ServiceKind,
  StepBlueprint,
  SystemBlueprint,
} from './blueprint.js';
import { toLogText } from './logText.js';
import type { LogText } from './logText.js';

/** A blueprint with names resolved, and what one request costs on average. */
export interface LinkedSystem {
  readonly namespace: string;
  readonly services: readonly Service[];
  readonly requests: readonly { readonly operation: Operation; readonly weight: number }[];
}

export interface Service {
  readonly index: number;
  readonly name: string;
  readonly kind: ServiceKind;
  readonly language: Language;
  readonly replicas: number;
  readonly retries: number;
  readonly reporting: FailureReporting;
  readonly phrasing: number;
  readonly hasClientSpans: boolean;
  readonly isTraced: boolean;
  readonly isLogged: boolean;
  readonly isMeasured: boolean;
  readonly operations: Operation[];
}

export interface Operation {
  readonly service: Service;
  readonly name: string;
  readonly workMs: number;
  readonly sigma: number;
  readonly steps: Step[];
  /** Mean executions per request from outside. */
  visits: number;
  /** Mean duration without load, calls included. */
  expectedMs: number;
}

export interface Callee {
  readonly operation: Operation;
  readonly isOptional: boolean;
  readonly onPartial: PartialReaction;
}

export type Step =
  | { readonly kind: 'work'; readonly share: number }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly text: LogText; readonly probability: number }
  | { readonly kind: 'call'; readonly calls: readonly Callee[]; readonly probability: number }
  | { readonly kind: 'publish'; readonly send: Operation; readonly consume: Operation; readonly probability: number };

/** Network time of one call there and back, for expectations only. */
const HOP_MS = 1.2;

/** @throws when a name does not resolve or calls form a cycle. */
export function linkSystem(blueprint: SystemBlueprint): LinkedSystem {
  const services = blueprint.services.map(toService);
  const byName = new Map(services.map((service) => [service.name, service]));
  const find = (serviceName: string, operationName: string): Operation => {
    const found = byName.get(serviceName)?.operations.find(({ name }) => name === operationName);
    if (found === undefined) {
      throw new Error(`the system has no operation ${operationName} of service ${serviceName}`);
    }
    return found;
  };
  for (const [index, service] of services.entries()) {
    for (const [place, { steps }] of (blueprint.services[index]?.operations ?? []).entries()) {
      service.operations[place]?.steps.push(...steps.map((step) => toStep(step, find)));
    }
  }
  const expected = new Set<Operation>();
  services.forEach(({ operations }) => {
    operations.forEach((operation) => setExpectedMs(operation, expected, []));
  });
  const totalWeight = blueprint.requests.reduce((sum, { weight }) => sum + weight, 0);
  const requests = blueprint.requests.map((request) => {
    const operation = find(request.service, request.operation);
    addVisits(operation, request.weight / totalWeight);
    return { operation, weight: request.weight };
  });
  return { namespace: blueprint.namespace, services, requests };
}

function toService(blueprint: ServiceBlueprint, index: number): Service {
  const { name, kind, language, replicas, retries } = blueprint;
  const { reporting = 'stack', isTraced = true, isLogged = true, isMeasured = true, phrasing = 0, hasClientSpans = true } = blueprint;
  const shown = { reporting, phrasing, hasClientSpans, isTraced, isLogged, isMeasured };
  const service: Service = { index, name, kind, language, replicas, retries, ...shown, operations: [] };
  service.operations.push(...blueprint.operations.map((operation) => toOperation(operation, service)));
  return service;
}

function toOperation({ name, workMs, sigma }: OperationBlueprint, service: Service): Operation {
  return { service, name, workMs, sigma, steps: [], visits: 0, expectedMs: 0 };
}

function toStep(step: StepBlueprint, find: (service: string, operation: string) => Operation): Step {
  switch (step.kind) {
    case 'work':
      return step;
    case 'log':
      return { ...step, text: toLogText(step.text) };
    case 'call':
      return {
        ...step,
        calls: step.calls.map(({ service, operation, isOptional, onPartial = 'ignores' }) => ({
          operation: find(service, operation),
          isOptional,
          onPartial,
        })),
      };
    case 'publish': {
      const send = find(step.queue, `send ${step.queue}`);
      return { kind: 'publish', send, consume: find(step.service, step.operation), probability: step.probability };
    }
  }
}

function setExpectedMs(operation: Operation, known: Set<Operation>, path: readonly Operation[]): number {
  if (known.has(operation)) {
    return operation.expectedMs;
  }
  if (path.includes(operation)) {
    throw new Error(`calls of ${operation.service.name} ${operation.name} form a cycle`);
  }
  const inner = [...path, operation];
  let sum = 0;
  for (const step of operation.steps) {
    if (step.kind === 'work') {
      sum += operation.workMs * step.share * Math.exp(operation.sigma ** 2 / 2);
    } else if (step.kind === 'call') {
      sum += step.probability * Math.max(0, ...step.calls.map((callee) => HOP_MS + setExpectedMs(callee.operation, known, inner)));
    } else if (step.kind === 'publish') {
      setExpectedMs(step.consume, known, inner);
      sum += step.probability * (HOP_MS + setExpectedMs(step.send, known, inner));
    }
  }
  known.add(operation);
  operation.expectedMs = sum;
  return sum;
}

function addVisits(operation: Operation, visits: number): void {
  operation.visits += visits;
  for (const step of operation.steps) {
    if (step.kind === 'call') {
      step.calls.forEach((callee) => {
        addVisits(callee.operation, visits * step.probability);
      });
    } else if (step.kind === 'publish') {
      addVisits(step.send, visits * step.probability);
      addVisits(step.consume, visits * step.probability);
    }
  }
}
