/** More words for varied systems: domains, ways to name operations, and lines in the manner of many teams. */
import type { Random } from '../../core/math/random.js';
import { DOMAIN_NOUNS, drawLogText, toPascal } from './systemVocabulary.js';

/** A system keeps to one or two domains, like a real one. */
const DOMAINS: readonly string[] = [
  'consign preserve rebook execute inside-payment waitorder delivery foodmap voucher stationfood config basic routeplan travelplan assurance',
  'compose-post home-timeline user-timeline social-graph url-shorten text media-frontend unique-id mention',
  'checkout product-catalog ad email currency shipping-quote cart-storage recommendation-model',
  'telemetry ingest alert-rule dashboard datasource tenant quota usage metering plan',
  'game lobby matchmaking leaderboard inventory-item achievement clan replay presence voice',
  'sensor gateway-device firmware twin rule-engine command provisioning location fleet trip driver dispatch fare',
  'ledger-entry settlement clearing sanction kyc beneficiary transfer payout card-token statement dispute chargeback',
  'model-registry feature embedding inference training-job dataset annotation prompt experiment vector-index',
  'ehr encounter vital allergy imaging referral billing-claim triage bed ward pharmacy',
  'job worker-pool scheduler artifact build pipeline runner cache-entry secret webhook repository pull-request',
];

type OperationName = (verb: string, noun: string) => string;

const OPERATION_NAMES: readonly OperationName[] = [
  (verb, noun) => `${toMethod(verb)} /api/v1/${noun}service/${noun}s${verb === 'get' || verb === 'update' ? '/{id}' : `/${verb}`}`,
  (verb, noun) => `/${noun}/${verb}`,
  (verb, noun) => `${toMethod(verb)} /v2/{tenant}/${noun}s:${verb}`,
  (verb, noun) => `/acme.${noun.replaceAll('-', '')}.v1.${toPascalWords(noun)}Service/${toPascal(verb)}${toPascalWords(noun)}`,
  (verb, noun) => `hipstershop.${toPascalWords(noun)}Service/${toPascal(verb)}`,
  (verb, noun) => `${toPascalWords(noun)}ServiceImpl.${verb}${toPascalWords(noun)}`,
  (verb, noun) => `com.acme.${noun.replaceAll('-', '')}.${toPascalWords(noun)}Controller#${verb}`,
  (verb, noun) => `${verb}_${noun.replaceAll('-', '_')}`,
  (verb, noun) => `HTTP ${toMethod(verb)}: /${noun}/${verb}`,
  (verb, noun) => `${noun}.${verb}`,
  (verb, noun) => `mutation ${verb}${toPascalWords(noun)}`,
];

type StatementNames = (noun: string) => readonly string[];

const STATEMENT_NAMES: readonly StatementNames[] = [
  (noun) => ['SELECT', 'INSERT', 'UPDATE', 'DELETE'].map((verb) => `${verb} ${noun}`),
  (noun) => ['select', 'update'].map((verb) => `${verb} ${noun}.t_${noun}`),
  (noun) => [`SELECT * FROM ${noun}s WHERE id = ?`, `INSERT INTO ${noun}s VALUES (?)`, `UPDATE ${noun}s SET state = ? WHERE id = ?`],
  (noun) => ['find', 'insert', 'aggregate', 'update'].map((verb) => `${noun}.${verb}`),
  (noun) => ['findOne', 'getMore'].map((verb) => `mongo.${verb} ${noun}s`),
  (noun) => [`query ${noun}_by_pk`, `execute upsert_${noun}`],
];

/** How one varied system, or one team of it, names things. */
export interface OperationNaming {
  readonly operation: OperationName;
  readonly statements: StatementNames;
}

export function drawOperationNaming(random: Random): OperationNaming {
  return { operation: random.pick(OPERATION_NAMES), statements: random.pick(STATEMENT_NAMES) };
}

/** Distinct nouns, those of one or two domains first. */
export function drawNouns(random: Random): string[] {
  const domains = random.shuffle(DOMAINS).slice(0, random.integer(0, 2));
  const own = random.shuffle(domains.flatMap((words) => words.split(' ')));
  return [...new Set([...own, ...random.shuffle(DOMAIN_NOUNS)])];
}

const MORE_LINES = [
  '[VERB][NOUN id: {uuid}]',
  '[NOUN Service][{word}] VERB, size={n}',
  'VERB NOUN success, id: {id}',
  'event=NOUN.VERB id={id} count={n}',
  'NOUNRepository.VERB took {ms} ms',
  '-> NOUN VERB {uuid}',
  '<- NOUN VERB {n} rows',
  'NOUN {id}: state {word} -> {word}',
  'lookup of NOUN by {word} gave {n} hits',
  'sent NOUN.VERB to topic partition {n}',
  'user {uuid} VERB NOUN from {ip}',
  'amount for NOUN {id} is {amount}',
  'NOUN validation passed',
  'calling downstream for NOUN {id}',
];

/** A line for a place in an operation, distinct operations mostly have distinct lines. */
export function drawLine(place: 'start' | 'middle' | 'end' | 'warning', verb: string, noun: string, random: Random): string {
  return place !== 'warning' && random.chance(0.55)
    ? random.pick(MORE_LINES).replace('VERB', verb).replace('NOUN', noun)
    : drawLogText(place, verb, noun, random);
}

function toMethod(verb: string): string {
  return /^(get|list|find|check)$/.test(verb) ? 'GET' : verb === 'update' ? 'PUT' : verb === 'cancel' ? 'DELETE' : 'POST';
}

function toPascalWords(noun: string): string {
  return noun.split('-').map(toPascal).join('');
}
