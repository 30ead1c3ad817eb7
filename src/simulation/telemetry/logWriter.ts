import type { Language, LogLevel } from '../system/blueprint.js';
import type { PartBuffer } from './partBuffer.js';
import type { SimulationClock } from '../runtime/simulationClock.js';
import type { LogStyle } from '../system/blueprint.js';
import { toAttribute, toResourceJson } from './spanWriter.js';
import { toIdentifier, toStackTrace } from './stackTrace.js';
import type { LogLine } from './telemetry.js';

/** What a set-up writes with each line. */
export interface LogFormat {
  readonly ids: 'trace-and-span' | 'trace' | 'none';
  readonly withSeverity: boolean;
}

const FULL_FORMAT: LogFormat = { ids: 'trace-and-span', withSeverity: true };
const STYLE_BY_LANGUAGE: Record<Language, LogStyle> = { java: 'java', python: 'python', node: 'pino', go: 'zap', dotnet: 'otlp' };
const PINO_LEVEL: Record<LogLevel, number> = { debug: 20, info: 30, warn: 40, error: 50 };
const OTLP_SEVERITY: Record<LogLevel, number> = { debug: 5, info: 9, warn: 13, error: 17 };

/** Log lines, one file per service, each in the style of the service's language. */
export class LogWriter {
  lines = 0;

  private readonly buffer: PartBuffer;
  private readonly clock: SimulationClock;
  private readonly namespace: string;
  private readonly style: LogStyle | undefined;
  private readonly format: LogFormat;

  constructor(buffer: PartBuffer, clock: SimulationClock, namespace: string, style: LogStyle | undefined, format = FULL_FORMAT) {
    this.buffer = buffer;
    this.clock = clock;
    this.namespace = namespace;
    this.style = style;
    this.format = format;
  }

  add(line: LogLine): void {
    this.lines += 1;
    const { service } = line.pod;
    const style = service.kind === 'service' ? (this.style ?? STYLE_BY_LANGUAGE[service.language]) : 'server';
    const isJson = style === 'otlp' || style === 'pino' || style === 'zap';
    this.buffer.append(`logs/${service.name}.${isJson ? 'jsonl' : 'log'}`, this.render(style, line));
  }

  private render(style: LogStyle | 'server', line: LogLine): string {
    switch (style) {
      case 'otlp':
        return this.toOtlp(line);
      case 'pino':
        return this.toPino(line);
      case 'zap':
        return this.toZap(line);
      case 'java':
        return this.toJava(line);
      case 'python':
        return this.toPython(line);
      case 'server':
        return this.toServer(line);
    }
  }

  private toOtlp(line: LogLine): string {
    const { pod, level, exception } = line;
    const time = this.clock.toEpochNsText(line.timeNs + pod.node.skewNs);
    const ids = this.jsonIds(line, 'traceId', 'spanId');
    const attributes =
      exception === undefined
        ? ''
        : `,"attributes":[${toAttribute('exception.type', exception.type)},${toAttribute('exception.stacktrace', this.stack(line).join('\n'))}]`;
    const severity = this.format.withSeverity ? `,"severityNumber":${OTLP_SEVERITY[level]},"severityText":"${level.toUpperCase()}"` : '';
    const record = `{"timeUnixNano":"${time}","observedTimeUnixNano":"${time}"${severity},"body":{"stringValue":${JSON.stringify(line.text)}}${attributes}${ids}}`;
    const scope = `{"name":"Acme.${toIdentifier(pod.service.name)}"}`;
    return `{"resourceLogs":[{"resource":${toResourceJson(pod, this.namespace)},"scopeLogs":[{"scope":${scope},"logRecords":[${record}]}]}]}`;
  }

  private toPino(line: LogLine): string {
    const { pod } = line;
    const ids = this.jsonIds(line, 'trace_id', 'span_id');
    const level = this.format.withSeverity ? `"level":${PINO_LEVEL[line.level]},` : '';
    const error =
      line.exception === undefined
        ? ''
        : `,"err":{"type":"${line.exception.type}","message":${JSON.stringify(line.exception.message)},"stack":${JSON.stringify(this.stack(line).join('\n'))}}`;
    return (
      `{${level}"time":${this.clock.toEpochMs(line.timeNs + pod.node.skewNs)},"pid":1,"hostname":"${pod.name}"` +
      `,"name":"${pod.service.name}"${ids}${error},"msg":${JSON.stringify(line.text)}}`
    );
  }

  private toZap(line: LogLine): string {
    const { pod } = line;
    const ids = this.jsonIds(line, 'trace_id', 'span_id');
    const level = this.format.withSeverity ? `"level":"${line.level}",` : '';
    const stack = line.exception === undefined ? '' : `,"stacktrace":${JSON.stringify(this.stack(line).join('\n'))}`;
    const seconds = this.clock.toEpochSeconds(line.timeNs + pod.node.skewNs).toFixed(6);
    return (
      `{${level}"ts":${seconds},"caller":"server/${pod.service.name}.go","msg":${JSON.stringify(line.text)}` +
      `,"service":"${pod.service.name}","pod":"${pod.name}"${ids}${stack}}`
    );
  }

  private toJava(line: LogLine): string {
    const { pod } = line;
    const { dateTime, ms } = this.clock.toDateTime(line.timeNs + pod.node.skewNs);
    const ids = this.textIds(line, '');
    const level = this.format.withSeverity ? `${line.level.toUpperCase().padStart(5)} ` : '';
    const logger = `c.a.${toIdentifier(pod.service.name)}Service`;
    const head = `${dateTime}.${ms} ${level}${ids === '' ? '' : `[${ids}] `}1 --- [${pod.name}] ${logger} : ${line.text}`;
    return [head, ...this.stack(line)].join('\n');
  }

  private toPython(line: LogLine): string {
    const { pod } = line;
    const { dateTime, ms } = this.clock.toDateTime(line.timeNs + pod.node.skewNs);
    const level = this.format.withSeverity ? `${line.level === 'warn' ? 'WARNING' : line.level.toUpperCase()} ` : '';
    const ids = this.textIds(line, '0');
    const head = `${dateTime},${ms} ${level}[${pod.service.name}] [${pod.name}] ${ids === '' ? '' : `[${ids}] `}- ${line.text}`;
    return [head, ...this.stack(line)].join('\n');
  }

  /** As databases and brokers log: no trace ids. */
  private toServer(line: LogLine): string {
    const { pod } = line;
    const { dateTime, ms } = this.clock.toDateTime(line.timeNs + pod.node.skewNs);
    const level = { debug: 'DEBUG', info: 'LOG', warn: 'WARNING', error: 'ERROR' }[line.level];
    return `${dateTime}.${ms} UTC [${pod.name}] ${level}:  ${line.text}`;
  }

  /** Members of a JSON object, with a comma before each. */
  private jsonIds({ trace, spanId }: LogLine, traceKey: string, spanKey: string): string {
    const { ids } = this.format;
    if (trace === undefined || ids === 'none') {
      return '';
    }
    return `,"${traceKey}":"${trace.traceId}"` + (ids === 'trace' ? '' : `,"${spanKey}":"${spanId}"`);
  }

  /** @param absent stands for an id of a line that belongs to no trace */
  private textIds({ trace, spanId }: LogLine, absent: string): string {
    const { ids } = this.format;
    if (ids === 'none') {
      return '';
    }
    const span = ids === 'trace' ? '' : ` span_id=${trace === undefined ? absent : spanId}`;
    return `trace_id=${trace === undefined ? absent : trace.traceId}${span}`;
  }

  private stack(line: LogLine): string[] {
    return line.exception === undefined ? [] : toStackTrace(line.pod.service.language, line.pod.service.name, line.exception);
  }
}
