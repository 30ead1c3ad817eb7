import { Breakers, isWorthRepeating, toTimeoutMs } from './callPolicy.js';
import type { Cluster } from './cluster.js';
import type { ThrownException } from './effects.js';
import type { EventQueue } from './eventQueue.js';
import type { Callee, Operation, Step } from './linkedSystem.js';
import { renderLogText } from './logText.js';
import { Network } from './network.js';
import type { Pod } from './pod.js';
import type { Random } from './random.js';
import { SPAN_KIND } from './telemetry.js';
import type { Failure, LoggedException, SpanKindCode, Telemetry, Trace } from './telemetry.js';

type Settle = (failure: Failure | undefined) => void;

/** One operation running in one pod. */
interface Execution {
  readonly trace: Trace;
  readonly pod: Pod;
  readonly operation: Operation;
  readonly spanId: string;
  readonly parentId: string;
  readonly kind: SpanKindCode;
  readonly startNs: number;
  readonly settle: Settle;
  step: number;
  /** Step before which the operation stops, by fault. */
  readonly throwAt: number;
  readonly thrown: ThrownException | undefined;
  readonly returnAt: number;
  exceptionType: string | undefined;
}

const QUEUE_LIMIT_PER_WORKER = 8;
const REFUSE_MS = 1.5;
const BACKOFF_MS = 60;
const REQUEST_BYTES = 900;
const RESPONSE_BYTES = 3200;
/** A database logs statements that take longer than both. */
const SLOW_STATEMENT_MS = 20;
const SLOW_FACTOR = 8;

/** Carries requests through the system, event by event. */
export class RequestEngine {
  private readonly network: Network;
  private readonly breakers: Breakers;

  constructor(
    private readonly cluster: Cluster,
    private readonly queue: EventQueue,
    private readonly random: Random,
    private readonly telemetry: Telemetry,
    private readonly traceSampling: number,
  ) {
    this.network = new Network(queue, random.fork('network'));
    this.breakers = new Breakers(cluster.system.services.length);
  }

  newTrace(): Trace {
    return { traceId: this.random.hex(32), isSampled: this.random.next() < this.traceSampling };
  }

  /** A request from outside; it is lost without a trace when no pod of its service accepts it. */
  request(operation: Operation): void {
    const pod = this.cluster.findTarget(operation.service);
    if (pod === undefined) {
      return;
    }
    const trace = this.newTrace();
    this.network.send(undefined, pod, REQUEST_BYTES, () => {
      this.serve(pod, operation, trace, '', SPAN_KIND.server, () => undefined);
    });
  }

  /** Work that a pod starts by itself, such as a batch job: a trace whose root is an internal span. */
  runJob(pod: Pod, operation: Operation): void {
    this.serve(pod, operation, this.newTrace(), '', SPAN_KIND.internal, () => undefined);
  }

  private serve(pod: Pod, operation: Operation, trace: Trace, parentId: string, kind: SpanKindCode, settle: Settle): void {
    const { returnsEarly, throws } = pod.combined;
    const isOpen = (target: Operation | undefined): boolean => target === undefined || target === operation;
    const thrown = throws.find((item) => isOpen(item.operation) && this.random.chance(item.probability));
    const early = returnsEarly.find((item) => isOpen(item.operation) && this.random.chance(item.probability));
    const steps = operation.steps.length;
    const execution: Execution = {
      trace,
      pod,
      operation,
      spanId: this.random.hex(16),
      parentId,
      kind,
      startNs: this.queue.nowNs,
      settle,
      step: 0,
      throwAt: thrown === undefined ? Infinity : Math.round(thrown.position * steps),
      thrown,
      returnAt: early === undefined ? Infinity : Math.max(1, Math.round(early.position * steps)),
      exceptionType: undefined,
    };
    if (pod.running < pod.size.workers) {
      this.begin(execution);
    } else if (pod.waiting.length < QUEUE_LIMIT_PER_WORKER * pod.size.workers) {
      pod.waiting.push(() => {
        this.begin(execution);
      });
    } else {
      this.log(execution, 'warn', 'Request rejected: all workers busy');
      this.finish(execution, { kind: 'unavailable', status: 503, message: 'all workers busy' });
    }
  }

  private begin(execution: Execution): void {
    const { pod } = execution;
    pod.running += 1;
    const { poolWait } = pod.combined;
    if (poolWait === undefined || !execution.operation.steps.some((step) => step.kind === 'call')) {
      this.advance(execution);
      return;
    }
    const waitMs = this.random.exponential(poolWait.meanMs);
    pod.counters.poolWaiting += 1;
    this.queue.afterMs(Math.min(waitMs, poolWait.limitMs), () => {
      pod.counters.poolWaiting -= 1;
      if (waitMs < poolWait.limitMs) {
        this.advance(execution);
      } else {
        const message = `Connection is not available, request timed out after ${poolWait.limitMs.toFixed(0)} ms`;
        this.fail(execution, 'ConnectionPoolTimeoutException', message, 500);
      }
    });
  }

  private advance(execution: Execution): void {
    const { operation, pod } = execution;
    for (;;) {
      if (execution.step >= execution.throwAt && execution.thrown !== undefined) {
        this.fail(execution, execution.thrown.type, execution.thrown.message, execution.thrown.status);
        return;
      }
      const step = operation.steps[execution.step];
      if (step === undefined || execution.step >= execution.returnAt) {
        this.release(pod);
        this.finish(execution, undefined);
        return;
      }
      execution.step += 1;
      if (step.kind === 'log') {
        if (step.probability >= 1 || this.random.chance(step.probability)) {
          const elapsedMs = (this.queue.nowNs - execution.startNs) / 1e6;
          this.log(execution, step.level, renderLogText(step.text, this.random, elapsedMs));
        }
      } else if (step.kind === 'work') {
        const ms = pod.workMs(operation, step.share, this.cluster.drift(operation.service), this.queue.nowNs, this.random);
        this.queue.afterMs(ms, () => {
          this.advance(execution);
        });
        return;
      } else if (step.probability >= 1 || this.random.chance(step.probability)) {
        this.callOut(execution, step);
        return;
      }
    }
  }

  private callOut(execution: Execution, step: Extract<Step, { kind: 'call' | 'publish' }>): void {
    const calls: readonly Callee[] = step.kind === 'call' ? step.calls : [{ operation: step.send, isOptional: true }];
    let pending = calls.length;
    let failed: Failure | undefined;
    for (const callee of calls) {
      const consume = step.kind === 'publish' ? step.consume : undefined;
      this.attempt(execution, callee, 0, consume, (failure) => {
        pending -= 1;
        failed ??= callee.isOptional ? undefined : failure;
        if (pending > 0) {
          return;
        }
        if (failed === undefined) {
          this.advance(execution);
        } else {
          this.release(execution.pod);
          const status = failed.status < 500 ? failed.status : failed.kind === 'timeout' ? 504 : 502;
          this.finish(execution, { kind: 'upstream', status, message: failed.message });
        }
      });
    }
  }

  private attempt(execution: Execution, callee: Callee, repeats: number, consume: Operation | undefined, done: Settle): void {
    const { queue, random } = this;
    const { pod: caller, operation } = execution;
    const target = callee.operation;
    const startNs = queue.nowNs;
    const spanId = random.hex(16);
    const timeoutMs = toTimeoutMs(target);
    const breaker = this.breakers.between(operation.service, target.service);
    let isSettled = false;
    const settle: Settle = (failure) => {
      if (isSettled) {
        return;
      }
      isSettled = true;
      this.telemetry.span({
        pod: caller,
        trace: execution.trace,
        spanId,
        parentId: execution.spanId,
        name: target.name,
        kind: consume === undefined ? SPAN_KIND.client : SPAN_KIND.producer,
        startNs,
        endNs: queue.nowNs,
        failure,
        peer: target.service,
        exceptionType: undefined,
      });
      const isSilent = failure !== undefined && isWorthRepeating(failure.kind);
      if (failure?.kind !== 'circuit-open' && breaker.record(isSilent, queue.nowNs)) {
        this.log(execution, 'warn', `Circuit breaker for ${target.service.name} opened`);
      }
      if (failure === undefined) {
        done(undefined);
        return;
      }
      const { failedCalls } = caller.counters;
      failedCalls.set(target.service.name, (failedCalls.get(target.service.name) ?? 0) + 1);
      if (isSilent && repeats < operation.service.retries) {
        this.log(execution, 'warn', `Call ${target.name} to ${target.service.name} failed: ${failure.message}; retrying`);
        queue.afterMs(BACKOFF_MS * 2 ** repeats * random.uniform(0.8, 1.2), () => {
          this.attempt(execution, callee, repeats + 1, consume, done);
        });
        return;
      }
      if (callee.isOptional) {
        this.log(execution, 'warn', `Call ${target.name} to ${target.service.name} failed: ${failure.message}; continuing without`);
      } else if (failure.status < 500) {
        this.log(execution, 'warn', `Call ${target.name} to ${target.service.name} was rejected: ${failure.message}`);
      } else {
        const message = `Call ${target.name} to ${target.service.name} failed: ${failure.message}`;
        this.log(execution, 'error', message, { type: 'DownstreamCallException', message, operation: operation.name });
      }
      done(failure);
    };
    if (breaker.isOpen(startNs)) {
      queue.afterMs(0.05, () => {
        settle({ kind: 'circuit-open', status: 503, message: 'circuit breaker is open' });
      });
      return;
    }
    const pod = caller.combined.misdirected === target.service ? undefined : this.cluster.findTarget(target.service);
    if (pod === undefined) {
      queue.afterMs(REFUSE_MS * random.uniform(0.6, 1.6), () => {
        const isMisdirected = caller.combined.misdirected === target.service;
        settle({ kind: 'connection', status: 503, message: isMisdirected ? 'unknown host' : 'connection refused' });
      });
      return;
    }
    queue.afterMs(timeoutMs, () => {
      settle({ kind: 'timeout', status: 504, message: `no answer within ${timeoutMs} ms` });
    });
    this.network.send(caller, pod, REQUEST_BYTES, () => {
      this.serve(pod, target, execution.trace, spanId, SPAN_KIND.server, (failure) => {
        this.network.send(pod, caller, RESPONSE_BYTES, () => {
          settle(failure);
        });
        if (consume !== undefined && failure === undefined) {
          this.deliver(consume, execution.trace, spanId);
        }
      });
    });
  }

  /** A message waits in the queue for a consumer, then is worked on in the trace of its sender. */
  private deliver(consume: Operation, trace: Trace, parentId: string): void {
    this.queue.afterMs(5 + this.random.exponential(60), () => {
      const pod = this.cluster.findTarget(consume.service);
      if (pod === undefined) {
        this.queue.afterMs(2000, () => {
          this.deliver(consume, trace, parentId);
        });
        return;
      }
      this.serve(pod, consume, trace, parentId, SPAN_KIND.consumer, () => undefined);
    });
  }

  private fail(execution: Execution, type: string, message: string, status: number): void {
    const { name } = execution.operation;
    if (status < 500) {
      this.log(execution, 'warn', `${name} rejected: ${type}: ${message}`);
    } else {
      execution.exceptionType = type;
      this.log(execution, 'error', `${name} failed: ${message}`, { type, message, operation: name });
    }
    this.release(execution.pod);
    this.finish(execution, { kind: 'exception', status, message });
  }

  private release(pod: Pod): void {
    pod.running -= 1;
    pod.waiting.shift()?.();
  }

  private finish(execution: Execution, failure: Failure | undefined): void {
    const { operation, pod, startNs } = execution;
    const endNs = this.queue.nowNs;
    pod.countRequest(operation.name, failure?.status ?? 200, (endNs - startNs) / 1e6);
    // Databases, caches and queues are not instrumented: only the client spans of their callers show them.
    if (operation.service.kind === 'service') {
      const { trace, spanId, parentId, kind, exceptionType } = execution;
      this.telemetry.span({
        pod,
        trace,
        spanId,
        parentId,
        name: operation.name,
        kind,
        startNs,
        endNs,
        failure,
        peer: undefined,
        exceptionType,
      });
    }
    if (operation.service.kind === 'database' && endNs - startNs > 1e6 * Math.max(SLOW_STATEMENT_MS, SLOW_FACTOR * operation.expectedMs)) {
      const text = `duration: ${((endNs - startNs) / 1e6).toFixed(3)} ms  statement: ${operation.name}`;
      this.telemetry.log({ pod, timeNs: endNs, level: 'info', text, trace: undefined, spanId: '' });
    }
    execution.settle(failure);
  }

  private log(execution: Execution, level: 'debug' | 'info' | 'warn' | 'error', text: string, exception?: LoggedException): void {
    const { pod, trace, spanId } = execution;
    if (pod.service.kind !== 'service') {
      return;
    }
    if (level === 'error') {
      pod.counters.loggedErrors += 1;
    }
    this.telemetry.log({
      pod,
      timeNs: this.queue.nowNs,
      level,
      text,
      trace,
      spanId,
      ...(exception === undefined ? {} : { exception }),
    });
  }
}
