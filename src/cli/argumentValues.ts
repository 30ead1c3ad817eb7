/** Values of options: times, lengths, ranges, offsets. Each throws a `UsageError` that says what is expected. */
import { findInstant } from '../core/time.js';
import type { EmbedParams, NsString, ProviderChoice } from '../protocol/views.js';
import { UsageError, type Options, type OptionSpec } from './command.js';

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const PROVIDERS: readonly ProviderChoice[] = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'];

export function toNsArgument(option: string, text: string): NsString {
  const ns = findInstant(text);
  if (ns === undefined) {
    throw new UsageError(`--${option} ${text} is not a time: write 2026-03-10T13:00:00Z or ns since the epoch`);
  }
  return ns.toString();
}

/** ms of `500ms`, `60s`, `5m`, `1h`. */
export function toMsArgument(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const ms = match === null ? Number.NaN : Number(match[1]) * (MS_PER_UNIT[match[2] ?? ''] ?? Number.NaN);
  if (!(ms > 0)) {
    throw new UsageError(`--${option} ${text} is not a length of time: write 500ms, 60s, 5m or 1h`);
  }
  return ms;
}

export function toCountArgument(option: string, text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(count)) {
    throw new UsageError(`--${option} ${text} is not a whole number`);
  }
  return count;
}

/** `T1..T2` */
export function toRangeArgument(option: string, text: string): { readonly startNs: NsString; readonly endNs: NsString } {
  const [start, end, ...rest] = text.split('..');
  if (start === undefined || end === undefined || rest.length > 0) {
    throw new UsageError(`--${option} ${text} is not a range: write 2026-03-10T13:00:00Z..2026-03-10T13:10:00Z`);
  }
  return { startNs: toNsArgument(option, start), endNs: toNsArgument(option, end) };
}

/** Minutes east of UTC of `+08:00`, `-0530`, `Z`. */
export function toOffsetArgument(option: string, text: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(text);
  if (text === 'Z') {
    return 0;
  }
  if (match === null || Number(match[3]) > 59) {
    throw new UsageError(`--${option} ${text} is not an offset from UTC: write +08:00`);
  }
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

export function toProviderArgument(text: string): ProviderChoice {
  const provider = PROVIDERS.find((known) => known === text);
  if (provider === undefined) {
    throw new UsageError(`--provider ${text} is unknown; it is one of ${PROVIDERS.join(', ')}`);
  }
  return provider;
}

export const PROVIDER_OPTION: OptionSpec = {
  name: 'provider',
  value: PROVIDERS.join('|'),
  summary: 'Where the encoder runs; default auto',
};

export const EMBED_OPTIONS: readonly OptionSpec[] = [
  { name: 'window', value: 'auto|60s', summary: 'Length of a slice; default auto: about 100 to 250 traces each' },
  { name: 'step', value: '30s', summary: 'Distance between slice starts; default half the window' },
  { name: 'from', value: 'T', summary: 'Leave out what is before' },
  { name: 'to', value: 'T', summary: 'Leave out what is at or after' },
  { name: 'reference', value: 'T1..T2', summary: 'A range known to be usual; default: chosen automatically', repeatable: true },
  PROVIDER_OPTION,
  { name: 'utc-offset', value: '+08:00', summary: 'For timestamps without a zone; default UTC' },
];

export function toEmbedParams(positionals: readonly string[], options: Options): EmbedParams {
  if (positionals.length === 0) {
    throw new UsageError('name at least one file or folder');
  }
  const window = options.find('window') ?? 'auto';
  const [step, from, to, offset] = ['step', 'from', 'to', 'utc-offset'].map((name) => options.find(name));
  const reference = options.all('reference').map((range) => toRangeArgument('reference', range));
  return {
    paths: positionals,
    window: window === 'auto' ? 'auto' : toMsArgument('window', window),
    provider: toProviderArgument(options.find('provider') ?? 'auto'),
    ...(step === undefined ? {} : { stepMs: toMsArgument('step', step) }),
    ...(from === undefined ? {} : { fromNs: toNsArgument('from', from) }),
    ...(to === undefined ? {} : { toNs: toNsArgument('to', to) }),
    ...(offset === undefined ? {} : { utcOffsetMinutes: toOffsetArgument('utc-offset', offset) }),
    ...(reference.length === 0 ? {} : { reference }),
  };
}
