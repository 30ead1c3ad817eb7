/** Words from which random systems take their names, operations and log lines. */
import type { Random } from '../../core/math/random.js';

export const DOMAIN_NOUNS = (
  'order payment cart catalog inventory shipping user profile review rating search recommendation notification email sms invoice billing ' +
  'price tax discount coupon promotion wishlist address geo route station train ticket seat booking hotel flight room travel passenger ' +
  'luggage food contact security verification media image video playlist feed timeline post comment message chat friend follow ' +
  'ad currency exchange ledger account card loan risk fraud document report device session token policy audit product warehouse supplier ' +
  'customer loyalty basket return refund subscription schedule calendar weather stock portfolio quote market trade asset claim contract ' +
  'patient appointment prescription lab course student grade enrollment library article tag category attachment'
).split(' ');

export const ENTRY_NAMES = ['gateway', 'frontend', 'api-gateway', 'web', 'bff', 'edge', 'ingress', 'mobile-api', 'portal'];

const SERVICE_NAME_STYLES: readonly ((noun: string) => string)[] = [
  (noun) => noun,
  (noun) => `${noun}-service`,
  (noun) => `${noun}service`,
  (noun) => `ts-${noun}-service`,
  (noun) => `${noun}-svc`,
  (noun) => `${noun}-api`,
  (noun) => `svc-${noun}`,
];

const DATABASE_STYLES: readonly ((noun: string) => string)[] = [
  (noun) => `${noun}-db`,
  (noun) => `mysql-${noun}`,
  (noun) => `postgres-${noun}`,
  (noun) => `${noun}-mongo`,
  (noun) => `ts-${noun}-mysql`,
];
const CACHE_STYLES: readonly ((noun: string) => string)[] = [
  (noun) => `${noun}-cache`,
  (noun) => `redis-${noun}`,
  (noun) => `memcached-${noun}`,
];
const QUEUE_STYLES: readonly ((noun: string) => string)[] = [
  (noun) => `${noun}-events`,
  (noun) => `kafka-${noun}`,
  (noun) => `rabbitmq-${noun}`,
];

const OPERATION_STYLES: readonly ((verb: string, noun: string) => string)[] = [
  (verb, noun) =>
    `${toHttpMethod(verb)} /api/v1/${noun}s${verb === 'get' || verb === 'update' || verb === 'cancel' ? '/{id}' : `/${verb}`}`,
  (verb, noun) => `${toHttpMethod(verb)} /${noun}s/${verb}`,
  (verb, noun) => `${toPascal(noun)}Service/${toPascal(verb)}${toPascal(noun)}`,
  (verb, noun) => `hipstershop.${toPascal(noun)}Service/${toPascal(verb)}`,
  (verb, noun) => `${toPascal(noun)}Controller.${verb}${toPascal(noun)}`,
  (verb, noun) => `${verb}_${noun}`,
];

export const VERBS = ['get', 'list', 'create', 'update', 'validate', 'check', 'compute', 'reserve', 'confirm', 'cancel', 'find', 'sync'];

/** How one system names things; the same throughout the system. */
export interface NamingStyle {
  readonly service: (noun: string) => string;
  readonly database: (noun: string) => string;
  readonly cache: (noun: string) => string;
  readonly queue: (noun: string) => string;
  readonly operation: (verb: string, noun: string) => string;
}

export function drawNamingStyle(random: Random): NamingStyle {
  return {
    service: random.pick(SERVICE_NAME_STYLES),
    database: random.pick(DATABASE_STYLES),
    cache: random.pick(CACHE_STYLES),
    queue: random.pick(QUEUE_STYLES),
    operation: random.pick(OPERATION_STYLES),
  };
}

const START_LINES = [
  'Received VERB request for NOUN {id}',
  'start VERB NOUN, request {uuid}',
  'VERB NOUN called by user {id}',
  'processing NOUN {uuid}',
  '[VERB] NOUN id={id} tenant={word}',
];
const MIDDLE_LINES = [
  'Loaded {n} NOUN records',
  'NOUN {id} passed VERB rules',
  'cache miss for NOUN {id}',
  'NOUN total is {amount}',
  'using strategy {word} to VERB NOUN',
  'fetched NOUN details, {n} entries',
  'NOUN {uuid} locked for VERB',
  'resolved NOUN partition {n} for {word}',
];
const END_LINES = [
  'VERB NOUN {id} done in {ms} ms',
  'NOUN {id} VERB succeeded',
  'completed VERB of NOUN {uuid}',
  'response sent for NOUN {id}, {n} items',
  'VERB NOUN finished, status=ok took={ms}ms',
];
const WARNING_LINES = [
  'deprecated field {word} in NOUN request',
  'NOUN {id} not in cache, falling back to store',
  'VERB NOUN took longer than expected: {ms} ms',
  'NOUN {id} has no {word}, using default',
  'rate of NOUN requests from {ip} close to limit',
];
const LINES = { start: START_LINES, middle: MIDDLE_LINES, end: END_LINES, warning: WARNING_LINES };

export function drawLogText(place: keyof typeof LINES, verb: string, noun: string, random: Random): string {
  return random.pick(LINES[place]).replace('VERB', verb).replace('NOUN', noun);
}

function toHttpMethod(verb: string): string {
  switch (verb) {
    case 'create':
    case 'compute':
    case 'reserve':
    case 'confirm':
    case 'sync':
      return 'POST';
    case 'update':
      return 'PUT';
    case 'cancel':
      return 'DELETE';
    default:
      return 'GET';
  }
}

export function toPascal(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
