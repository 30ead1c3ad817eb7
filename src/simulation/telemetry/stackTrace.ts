import type { Language } from '../system/blueprint.js';
import type { LoggedException } from './telemetry.js';

/** Lines of a stack trace as the language prints it, the same for the same place in the code. */
export function toStackTrace(language: Language, service: string, exception: LoggedException): string[] {
  const { type, message, operation } = exception;
  const name = toIdentifier(operation);
  const owner = toIdentifier(service);
  const line = 20 + (hash(service + operation + type) % 380);
  switch (language) {
    case 'java':
      return [
        `com.acme.${owner.toLowerCase()}.${type}: ${message}`,
        `\tat com.acme.${owner.toLowerCase()}.${owner}Service.${name}(${owner}Service.java:${line})`,
        `\tat com.acme.${owner.toLowerCase()}.${owner}Controller.handle(${owner}Controller.java:${line % 97})`,
        '\tat java.base/java.lang.Thread.run(Thread.java:1583)',
      ];
    case 'python':
      return [
        'Traceback (most recent call last):',
        `  File "/app/${owner.toLowerCase()}/service.py", line ${line}, in ${name}`,
        `    return self._${name}(request)`,
        `${type}: ${message}`,
      ];
    case 'node':
      return [
        `${type}: ${message}`,
        `    at ${owner}Service.${name} (/app/src/${owner.toLowerCase()}.js:${line}:17)`,
        '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
      ];
    case 'go':
      return [`${type}: ${message}`, `main.(*${owner}Server).${name}`, `\t/src/${owner.toLowerCase()}/server.go:${line}`];
    case 'dotnet':
      return [`Acme.${owner}.${type}: ${message}`, `   at Acme.${owner}.${owner}Service.${name}() in /src/${owner}Service.cs:line ${line}`];
  }
}

/** `POST /carts/{id}/items` → `PostCartsIdItems`. */
export function toIdentifier(text: string): string {
  const words = text.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join('');
}

function hash(text: string): number {
  let value = 7;
  for (let i = 0; i < text.length; i += 1) {
    value = (Math.imul(value, 31) + text.charCodeAt(i)) >>> 0;
  }
  return value;
}
