import type { EntityHints } from '../../../core/entities.js';
import { isObject, type JsonObject } from '../fields/logFields.js';

/** Attributes of a resource, span or point by key, values as text; nested values are left out. */
export type Attributes = ReadonlyMap<string, string>;

export function readAttributes(value: unknown): Attributes {
  const attributes = new Map<string, string>();
  if (Array.isArray(value)) {
    for (const entry of value) {
      if (isObject(entry) && typeof entry.key === 'string') {
        const text = anyValueText(entry.value);
        if (text !== undefined) {
          attributes.set(entry.key, text);
        }
      }
    }
  }
  return attributes;
}

const MAX_BODY_DEPTH = 4;

/** Text of an OTLP AnyValue; maps and arrays as `key=value` pairs, down to a few levels. */
export function anyValueText(value: unknown, depth = 0): string | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  for (const key of ['stringValue', 'intValue', 'doubleValue', 'boolValue', 'string_value', 'int_value', 'double_value', 'bool_value']) {
    const scalar = value[key];
    if (typeof scalar === 'string' || typeof scalar === 'number' || typeof scalar === 'boolean') {
      return String(scalar);
    }
  }
  if (typeof value.bytesValue === 'string') {
    return '<bin>';
  }
  if (depth >= MAX_BODY_DEPTH) {
    return '…';
  }
  const list = isObject(value.kvlistValue) ? value.kvlistValue.values : undefined;
  if (Array.isArray(list)) {
    return list
      .filter(isObject)
      .map((entry) => `${String(entry.key)}=${anyValueText(entry.value, depth + 1) ?? ''}`)
      .join(' ');
  }
  const array = isObject(value.arrayValue) ? value.arrayValue.values : undefined;
  return Array.isArray(array) ? array.map((entry) => anyValueText(entry, depth + 1) ?? '').join(' ') : undefined;
}

export function toEntityHints(resource: Attributes): EntityHints {
  return {
    serviceName: resource.get('service.name'),
    workload: resource.get('k8s.deployment.name') ?? resource.get('k8s.statefulset.name') ?? resource.get('k8s.daemonset.name'),
    pod: resource.get('k8s.pod.name') ?? resource.get('service.instance.id'),
    container: resource.get('k8s.container.name') ?? resource.get('container.name'),
    host: resource.get('host.name') ?? resource.get('k8s.node.name'),
  };
}

/** First of the fields that is there: protobuf's JSON writes lowerCamelCase, some exporters keep snake_case. */
export function fieldOf(record: JsonObject, ...names: readonly string[]): unknown {
  for (const name of names) {
    const value = record[name];
    if (value !== undefined && value !== null) {
      return value;
    }
  }
  return undefined;
}

export function textOf(record: JsonObject, ...names: readonly string[]): string {
  const value = fieldOf(record, ...names);
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

export function listOf(record: unknown, ...names: readonly string[]): readonly JsonObject[] {
  const value = isObject(record) ? fieldOf(record, ...names) : undefined;
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/**
 * A 64-bit time field. As a string it is exact; as a JSON number over 2^53 its digits are taken from the text it was parsed from.
 * @returns undefined when absent, 0 or no whole number
 */
export function findNsField(record: JsonObject, source: string, ...names: readonly string[]): bigint | undefined {
  const value = fieldOf(record, ...names);
  if (typeof value === 'string') {
    return /^\d{1,20}$/.test(value) && value !== '0' ? BigInt(value) : undefined;
  }
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    return undefined;
  }
  if (!Number.isSafeInteger(value)) {
    const digits = new RegExp(`"(?:${names.join('|')})"\\s*:\\s*(\\d{16,20})[\\s,}]`).exec(source)?.[1];
    if (digits !== undefined) {
      return BigInt(digits);
    }
  }
  return BigInt(Math.round(value));
}
