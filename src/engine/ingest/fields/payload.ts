import { findSeverityInText } from '../../../core/logs/severity.js';
import type { Severity } from '../../../core/records.js';
import { findJsonObject, readLogFields, type LogFields } from './logFields.js';

/** A message without the envelopes of container runtime and logger. */
export interface Payload {
  readonly message: string;
  readonly severity: Severity;
  /** Fields of the innermost JSON record, undefined for plain text. */
  readonly fields: LogFields | undefined;
}

/** Docker envelope, logger record, and one more for a logger that logs JSON. */
const MAX_NESTING = 3;

/** Unwraps docker `{"log": …}` lines and JSON logger records; what is no JSON object is the message itself. */
export function unwrapPayload(text: string, utcOffsetMinutes: number, depth = 0): Payload {
  const body = stripLineEnd(text);
  if (body.startsWith('{') && body.endsWith('}') && depth < MAX_NESTING) {
    const record = findJsonObject(body);
    if (record !== undefined) {
      const fields = readLogFields(record, utcOffsetMinutes);
      if (fields.message !== undefined) {
        const inner = unwrapPayload(fields.message, utcOffsetMinutes, depth + 1);
        return {
          message: inner.message,
          severity: fields.severity === 0 ? inner.severity : fields.severity,
          fields: inner.fields ?? fields,
        };
      }
      return { message: toShownFields(record), severity: fields.severity, fields };
    }
  }
  return { message: body, severity: findSeverityInText(body), fields: undefined };
}

function stripLineEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) === 10 || text.charCodeAt(end - 1) === 13)) {
    end--;
  }
  return end === text.length ? text : text.slice(0, end);
}

const MAX_SHOWN_FIELDS = 24;

/** A record without a message is told apart by the names of its fields. */
export function toShownFields(record: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(record);
  const shown = keys.slice(0, MAX_SHOWN_FIELDS).filter((key) => key.length <= 40);
  return `fields ${shown.join(' ')}`;
}
