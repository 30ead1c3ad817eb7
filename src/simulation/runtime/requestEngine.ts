import type { LogLevel } from '../system/blueprint.js';
import type { Cluster } from './cluster.js';
import type { EventQueue } from './eventQueue.js';
import { getPhrasing } from '../system/failureTexts.js';
import { logExecution } from './execution.js';
import type { Execution, Settle } from './execution.js';
import type { Operation, Step } from '../system/linkedSystem.js';
import { renderLogText } from '../system/logText.js';
import { Network, REQUEST_BYTES } from './network.js';
import { OutboundCalls, type CallResults } from './outboundCalls.js';
import type { Pod } from './pod.js';
import type { Random } from '../../core/math/random.js';
import { SPAN_KIND } from '../telemetry/telemetry.js';
import type { Failure, LoggedException, SpanKindCode, Telemetry, Trace } from '../telemetry/telemetry.js';

const QUEUE_LIMIT_PER_WORKER = 8;
/** A database logs statements that take longer than both. */
const SLOW_STATEMENT_MS = 20;
const SLOW_FACTOR = 8;
/** Some requests are heavier than others everywhere they go: sigma of the log-normal factor on their work. */
const HEAVINESS_SIGMA = 0.22;

/** Carries requests through the system, event by event: what a pod does with a request, step by step. */
export class RequestEngine {
  private readonly network: Network;
  private readonly outbound: OutboundCalls;

  private readonly cluster: Cluster;
  private readonly queue: EventQueue;
  private readonly random: Random;
  private readonly telemetry: Telemetry;
  private readonly traceSampling: number;

  constructor(cluster: Cluster, queue: EventQueue, random: Random, telemetry: Telemetry, traceSampling: number) {
    this.cluster = cluster;
    this.queue = queue;
    this.random = random;
    this.telemetry = telemetry;
    this.traceSampling = traceSampling;
    this.network = new Network(queue, random.fork('network'));
    this.outbound = new OutboundCalls({ cluster, queue, network: this.network, telemetry, random }, (...request) => {
      this.serve(...request);
    });
  }

  /** A request from outside; it is lost without a trace when no pod of its service accepts it. */
  request(operation: Operation): void {
    const pod = this.cluster.findTarget(operation.service);
    if (pod === undefined) {
      return;
    }
    const trace = this.newTrace();
    this.network.send(undefined, pod, REQUEST_BYTES, pod, () => {
      if (pod.combined.isHanging) {
        return;
      }
      this.serve(pod, operation, trace, '', SPAN_KIND.server, () => undefined);
    });
  }

  /** Work that a pod starts by itself, such as a batch job: a trace whose root is an internal span. */
  runJob(pod: Pod, operation: Operation): void {
    this.serve(pod, operation, this.newTrace(), '', SPAN_KIND.internal, () => undefined);
  }

  private newTrace(): Trace {
    const { random } = this;
    return {
      traceId: random.hex(32),
      isSampled: random.next() < this.traceSampling,
      heaviness: random.logNormal(1, HEAVINESS_SIGMA),
    };
  }

  private serve(pod: Pod, operation: Operation, trace: Trace, parentId: string, kind: SpanKindCode, settle: Settle): void {
    const { returnsEarly, throws, revisions } = pod.combined;
    const concerns = (target: Operation | undefined): boolean => target === undefined || target === operation;
    const thrown = throws.find((item) => concerns(item.operation) && this.random.chance(item.probability));
    const early = returnsEarly.find((item) => concerns(item.operation) && this.random.chance(item.probability));
    const steps = revisions.findLast((revision) => revision.operation === operation)?.steps ?? operation.steps;
    const ownId = this.random.hex(16);
    const execution: Execution = {
      trace,
      pod,
      operation,
      steps,
      spanId: operation.service.isTraced ? ownId : parentId,
      parentId,
      kind,
      startNs: this.queue.nowNs,
      settle,
      step: 0,
      throwAt: thrown === undefined ? Infinity : Math.round(thrown.position * steps.length),
      thrown,
      returnAt: early === undefined ? Infinity : Math.max(1, Math.round(early.position * steps.length)),
      early,
      exceptionType: undefined,
      isPartial: false,
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
    const { operation, pod } = execution;
    pod.running += 1;
    if (pod.combined.isVerbose) {
      this.log(execution, 'debug', `enter ${operation.name} with ${operation.steps.length} stages`);
    }
    const { poolWait } = pod.combined;
    if (poolWait === undefined || !operation.steps.some((step) => step.kind === 'call')) {
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

  /** Runs steps until one takes time or the operation ends. */
  private advance(execution: Execution): void {
    const { operation, pod, steps, thrown, early } = execution;
    for (;;) {
      if (thrown !== undefined && execution.step >= execution.throwAt) {
        this.fail(execution, thrown.type, thrown.message, thrown.status);
        return;
      }
      const step = steps[execution.step];
      if (step === undefined || execution.step >= execution.returnAt) {
        execution.isPartial ||= step !== undefined;
        if (early?.says !== undefined) {
          this.log(execution, 'info', early.says);
        }
        this.release(pod);
        this.finish(execution, undefined);
        return;
      }
      execution.step += 1;
      if (step.kind === 'work') {
        this.work(execution, step.share);
        return;
      }
      if (step.probability < 1 && !this.random.chance(step.probability ** this.cluster.branchBias(operation.service))) {
        continue;
      }
      if (step.kind === 'log') {
        const elapsedMs = (this.queue.nowNs - execution.startNs) / 1e6;
        this.log(execution, step.level, renderLogText(step.text, this.random, elapsedMs));
      } else {
        this.callOut(execution, step);
        return;
      }
    }
  }

  private work(execution: Execution, share: number): void {
    const { operation, pod, trace } = execution;
    const factor = this.cluster.drift(operation.service) * trace.heaviness;
    const ms = pod.workMs(operation, share, factor, this.queue.nowNs, this.random);
    this.queue.afterMs(ms, () => {
      this.advance(execution);
    });
  }

  private callOut(execution: Execution, step: Extract<Step, { kind: 'call' | 'publish' }>): void {
    this.outbound.run(execution, step, (results) => {
      const { failed } = results;
      if (failed === undefined) {
        this.goOn(execution, results);
        return;
      }
      const status = failed.status < 500 ? failed.status : failed.kind === 'timeout' ? 504 : 502;
      this.release(execution.pod);
      this.finish(execution, { kind: 'upstream', status, message: failed.message });
    });
  }

  /** With answers as they came: callers of who returns something else than it should do something else, too. */
  private goOn(execution: Execution, { isWithout, partial }: CallResults): void {
    const { operation, steps } = execution;
    execution.isPartial ||= isWithout;
    for (const { operation: called, onPartial } of partial) {
      execution.isPartial ||= onPartial !== 'ignores';
      if (onPartial === 'notes') {
        this.log(execution, 'info', getPhrasing(operation.service.phrasing).partial(called.name, called.service.name));
      } else if (onPartial === 'skips') {
        execution.step += 1;
      } else if (onPartial === 'stops') {
        execution.step = steps.length;
      } else if (onPartial === 'fails') {
        this.fail(execution, 'NullPointerException', 'answer has no value', 500);
        return;
      }
    }
    this.advance(execution);
  }

  /** An exception of status 200 is caught and logged: the caller gets an answer, only incomplete. */
  private fail(execution: Execution, type: string, message: string, status: number): void {
    const { name, service } = execution.operation;
    if (service.reporting === 'silent') {
      // Neither a line nor an event: what would have come after is missing, nothing more.
    } else if (status >= 400 && status < 500) {
      this.log(execution, 'warn', `${name} rejected: ${type}: ${message}`);
    } else {
      execution.exceptionType = type;
      const { level, thrown } = getPhrasing(service.phrasing);
      this.log(execution, level, thrown(name, type, message), { type, message, operation: name });
    }
    this.release(execution.pod);
    execution.isPartial ||= status < 400;
    this.finish(execution, status < 400 ? undefined : { kind: 'exception', status, message });
  }

  private release(pod: Pod): void {
    pod.running -= 1;
    pod.waiting.shift()?.();
  }

  private finish(execution: Execution, failure: Failure | undefined): void {
    const { operation, pod, startNs } = execution;
    const endNs = this.queue.nowNs;
    const durationMs = (endNs - startNs) / 1e6;
    pod.countRequest(operation.name, failure?.status ?? 200, durationMs);
    // Databases, caches and queues are not instrumented: only the client spans of their callers show them.
    if (operation.service.kind === 'service' && operation.service.isTraced) {
      const { trace, spanId, parentId, kind, exceptionType } = execution;
      const { name } = operation;
      this.telemetry.span({ pod, trace, spanId, parentId, name, kind, startNs, endNs, failure, peer: undefined, exceptionType });
    } else if (operation.service.kind === 'database' && durationMs > Math.max(SLOW_STATEMENT_MS, SLOW_FACTOR * operation.expectedMs)) {
      const text = `duration: ${durationMs.toFixed(3)} ms  statement: ${operation.name}`;
      this.telemetry.log({ pod, timeNs: endNs, level: 'info', text, trace: undefined, spanId: '' });
    }
    execution.settle({ failure, isPartial: execution.isPartial });
  }

  private log(execution: Execution, level: LogLevel, text: string, exception?: LoggedException): void {
    logExecution(this.telemetry, execution, this.queue.nowNs, level, text, exception);
  }
}
