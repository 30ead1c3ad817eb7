import type { LogLevel } from '../system/blueprint.js';
import { Breakers, isWorthRepeating, toTimeoutMs } from './callPolicy.js';
import type { Cluster } from './cluster.js';
import type { EventQueue } from './eventQueue.js';
import { getPhrasing } from '../system/failureTexts.js';
import { logExecution } from './execution.js';
import type { Execution, Outcome, Settle } from './execution.js';
import type { Callee, Operation, Step } from '../system/linkedSystem.js';
import { REQUEST_BYTES, RESPONSE_BYTES } from './network.js';
import type { Network } from './network.js';
import type { Pod } from './pod.js';
import type { Random } from '../../core/math/random.js';
import { SPAN_KIND } from '../telemetry/telemetry.js';
import type { Failure, LoggedException, SpanKindCode, Telemetry, Trace } from '../telemetry/telemetry.js';

/** Runs an operation in a pod and settles with its outcome. */
export type Serve = (pod: Pod, operation: Operation, trace: Trace, parentId: string, kind: SpanKindCode, settle: Settle) => void;

export interface OutboundScene {
  readonly cluster: Cluster;
  readonly queue: EventQueue;
  readonly network: Network;
  readonly telemetry: Telemetry;
  readonly random: Random;
}

const REFUSE_MS = 1.5;
const BACKOFF_MS = 60;
const REDELIVER_MS = 2000;

/** Calls between services as a client library makes them: time-outs, repeats, circuit breakers, client spans. */
export class OutboundCalls {
  private readonly breakers: Breakers;

  private readonly scene: OutboundScene;
  private readonly serve: Serve;

  constructor(scene: OutboundScene, serve: Serve) {
    this.scene = scene;
    this.serve = serve;
    this.breakers = new Breakers(scene.cluster.system.services.length);
  }

  /** Makes all calls of a step at once; done when all have ended. */
  run(execution: Execution, step: Extract<Step, { kind: 'call' | 'publish' }>, done: (results: CallResults) => void): void {
    const calls: readonly Callee[] = step.kind === 'call' ? step.calls : [{ operation: step.send, isOptional: true, onPartial: 'ignores' }];
    const consume = step.kind === 'publish' ? step.consume : undefined;
    let pending = calls.length;
    let failed: Failure | undefined;
    const partial: Callee[] = [];
    let isWithout = false;
    for (const callee of calls) {
      this.attempt({ execution, callee, consume }, 0, ({ failure, isPartial }) => {
        pending -= 1;
        failed ??= callee.isOptional ? undefined : failure;
        isWithout ||= callee.isOptional && failure !== undefined;
        if (isPartial && failure === undefined) {
          partial.push(callee);
        }
        if (pending === 0) {
          done({ failed, isWithout, partial });
        }
      });
    }
  }

  private attempt(call: Call, repeats: number, done: Settle): void {
    const { queue, random, network, cluster } = this.scene;
    const { execution, callee, consume } = call;
    const { pod: caller, operation } = execution;
    const target = callee.operation;
    // Who writes no span of the call passes on the context that it has.
    const spanId = hasSpanOfCall(operation) ? random.hex(16) : execution.spanId;
    const startNs = queue.nowNs;
    let isSettled = false;
    const settle: Settle = (outcome) => {
      if (!isSettled) {
        isSettled = true;
        this.finish(call, { spanId, startNs, outcome }, repeats, done);
      }
    };
    const fail = (failure: Failure): void => {
      settle({ failure, isPartial: false });
    };
    if (this.breakers.between(operation.service, target.service).isOpen(startNs)) {
      queue.afterMs(0.05, () => {
        fail({ kind: 'circuit-open', status: 503, message: 'circuit breaker is open' });
      });
      return;
    }
    const isMisdirected = caller.combined.misdirected === target.service;
    const pod = isMisdirected ? undefined : cluster.findTarget(target.service);
    if (pod === undefined) {
      queue.afterMs(REFUSE_MS * random.uniform(0.6, 1.6), () => {
        fail({ kind: 'connection', status: 503, message: isMisdirected ? 'unknown host' : 'connection refused' });
      });
      return;
    }
    const timeoutMs = toTimeoutMs(target);
    queue.afterMs(timeoutMs, () => {
      fail({ kind: 'timeout', status: 504, message: `no answer within ${timeoutMs} ms` });
    });
    network.send(caller, pod, REQUEST_BYTES, pod, () => {
      if (pod.combined.isHanging) {
        return;
      }
      this.serve(pod, target, execution.trace, spanId, SPAN_KIND.server, (outcome) => {
        network.send(pod, caller, RESPONSE_BYTES, pod, () => {
          settle(outcome);
        });
        if (consume !== undefined && outcome.failure === undefined) {
          this.deliver(consume, execution.trace, spanId);
        }
      });
    });
  }

  private finish(call: Call, attempt: Attempt, repeats: number, done: Settle): void {
    const { queue, random, telemetry } = this.scene;
    const { execution, callee, consume } = call;
    const { service } = callee.operation;
    const { outcome, spanId, startNs } = attempt;
    const { failure } = outcome;
    const { pod: caller, operation } = execution;
    if (hasSpanOfCall(operation)) {
      telemetry.span({
        pod: caller,
        trace: execution.trace,
        spanId,
        parentId: execution.spanId,
        name: callee.operation.name,
        kind: consume === undefined ? SPAN_KIND.client : SPAN_KIND.producer,
        startNs,
        endNs: queue.nowNs,
        failure,
        peer: service,
        exceptionType: undefined,
      });
    }
    caller.countCall(service.name, failure !== undefined, (queue.nowNs - startNs) / 1e6);
    const isSilent = failure !== undefined && isWorthRepeating(failure.kind);
    if (failure?.kind !== 'circuit-open' && this.breakers.between(operation.service, service).record(isSilent, queue.nowNs)) {
      this.log(execution, 'warn', `Circuit breaker for ${service.name} opened`);
    }
    if (failure === undefined) {
      done(outcome);
      return;
    }
    if (isSilent && repeats < operation.service.retries) {
      this.log(execution, 'warn', `${describe(execution, callee, failure)}; retrying`);
      queue.afterMs(BACKOFF_MS * 2 ** repeats * random.uniform(0.8, 1.2), () => {
        this.attempt(call, repeats + 1, done);
      });
      return;
    }
    this.logFailure(execution, callee, failure);
    done(outcome);
  }

  private logFailure(execution: Execution, callee: Callee, failure: Failure): void {
    if (execution.operation.service.reporting === 'silent') {
      return;
    }
    const message = describe(execution, callee, failure);
    const { level } = getPhrasing(execution.operation.service.phrasing);
    if (callee.isOptional) {
      this.log(execution, 'warn', `${message}; continuing without`);
    } else if (failure.status < 500) {
      this.log(execution, 'warn', message);
    } else {
      this.log(execution, level, message, { type: 'DownstreamCallException', message, operation: execution.operation.name });
    }
  }

  /** A message waits in the queue for a consumer, then is worked on in the trace of its sender. */
  private deliver(consume: Operation, trace: Trace, parentId: string): void {
    const { queue, random, cluster } = this.scene;
    queue.afterMs(5 + random.exponential(60), () => {
      const pod = cluster.findTarget(consume.service);
      if (pod === undefined) {
        queue.afterMs(REDELIVER_MS, () => {
          this.deliver(consume, trace, parentId);
        });
        return;
      }
      this.serve(pod, consume, trace, parentId, SPAN_KIND.consumer, () => undefined);
    });
  }

  private log(execution: Execution, level: LogLevel, text: string, exception?: LoggedException): void {
    logExecution(this.scene.telemetry, execution, this.scene.queue.nowNs, level, text, exception);
  }
}

interface Call {
  readonly execution: Execution;
  readonly callee: Callee;
  /** Who works on the message, when the call publishes one. */
  readonly consume: Operation | undefined;
}

interface Attempt {
  readonly spanId: string;
  readonly startNs: number;
  readonly outcome: Outcome;
}

/** What came of the calls of a step. */
export interface CallResults {
  /** Of the first call that was needed and failed. */
  readonly failed: Failure | undefined;
  /** Whether the caller goes on without an answer. */
  readonly isWithout: boolean;
  /** Whose answers lack something. */
  readonly partial: readonly Callee[];
}

function describe({ operation }: Execution, callee: Callee, { message }: Failure): string {
  return getPhrasing(operation.service.phrasing).call(callee.operation.name, callee.operation.service.name, message);
}

function hasSpanOfCall({ service }: Operation): boolean {
  return service.isTraced && service.hasClientSpans;
}
