import type { Pod } from '../runtime/pod.js';

/** How one monitoring set-up names what it measures. Values are converted by the recorder: bytes, seconds, cores. */
export interface MetricVocabulary {
  readonly id: string;
  /** Counter of CPU seconds, or gauge of cores in use. */
  readonly cpu: { readonly name: string; readonly isCounter: boolean };
  readonly throttled: string;
  readonly memory: string;
  readonly received: string;
  readonly sent: string;
  readonly retransmits: string;
  readonly written: string;
  readonly restarts: string;
  readonly requests: string;
  readonly operationLabel: string;
  readonly statusLabel: string;
  /** Gauge per quantile, in seconds or ms. */
  readonly latency: { readonly name: string; readonly perSecond: number };
  readonly inFlight: string;
  readonly failedCalls: string;
  /** What a client measures of each of its callees; default: nothing. */
  readonly client?: ClientVocabulary;
  readonly loggedErrors: string;
  /** Growth per second instead of cumulative counts; default false. */
  readonly areRates?: boolean;
  /** Of latencies; default 0.5, 0.95 and 0.99. */
  readonly quantiles?: readonly number[];
  /** Whether the runtimes of languages, databases and brokers are scraped as well; default true. */
  readonly withRuntime?: boolean;
  /** Labels of a pod, the inner part of a JSON object. */
  readonly labels: (pod: Pod, namespace: string) => string;
}

/** What a client measures of its calls by callee: histograms of their durations, of which counts and sums are kept, or means of one step beside rates. */
export interface ClientVocabulary {
  readonly name: string;
  /** Of durations. */
  readonly perSecond: number;
  readonly calleeLabel: string;
  /** Default: those of the caller's pod. */
  readonly labels?: MetricVocabulary['labels'];
}
