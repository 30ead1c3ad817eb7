import type { Random } from '../../core/math/random.js';

/** A log message cut at its variables. */
export interface LogText {
  readonly literals: readonly string[];
  readonly variables: readonly string[];
}

/** `Charged {amount} EUR for order {id}` → literals around the variables `amount`, `id`. */
export function toLogText(text: string): LogText {
  const pieces = text.split(/\{(\w+)\}/);
  return { literals: pieces.filter((_, index) => index % 2 === 0), variables: pieces.filter((_, index) => index % 2 === 1) };
}

const WORDS = ['north', 'books', 'garden', 'toys', 'music', 'south', 'kitchen', 'sports', 'west', 'outlet', 'camera', 'shoes'];

export function renderLogText(text: LogText, random: Random, elapsedMs: number): string {
  let rendered = text.literals[0] ?? '';
  for (const [index, variable] of text.variables.entries()) {
    rendered += renderVariable(variable, random, elapsedMs) + (text.literals[index + 1] ?? '');
  }
  return rendered;
}

function renderVariable(variable: string, random: Random, elapsedMs: number): string {
  switch (variable) {
    case 'id':
      return String(random.integer(1000, 99_999));
    case 'n':
      return String(1 + Math.floor(random.exponential(8)));
    case 'ms':
      return elapsedMs.toFixed(0);
    case 'amount':
      return random.logNormal(40, 0.8).toFixed(2);
    case 'uuid': {
      const hex = random.hex(32);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
    }
    case 'ip':
      return `10.${random.integer(0, 255)}.${random.integer(0, 255)}.${random.integer(1, 254)}`;
    default:
      return random.pick(WORDS);
  }
}
