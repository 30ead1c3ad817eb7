/**
 * Turns a log message into its shape: what varies from record to record is replaced by a placeholder, what names the code that
 * logged it (level, logger, file:line, words) stays. Deterministic, independent of other messages.
 *
 * Placeholders: `<num> <hex> <uuid> <ip> <id> <time> <path> <quoted> <email> <url> <query> <bin>`.
 */

/** Characters of a message that take part in its shape; the rest is dropped, since what a line says stands at its start. */
export const MAX_SHAPE_CHARS = 400;
/** How much of a message is looked at before it is masked. */
const MAX_INPUT_CHARS = 2_000;

const ANSI_SEQUENCE = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*\u0007|[@-Z\\-_])/g;
/** Ids of the trace context are columns of their own; left in, they would make every shape distinct. */
const TRACE_CONTEXT =
  /[[({]?\b(?:trace|span|parent|transaction|correlation)[-_. ]?id["']?\s*[:=]\s*["']?(?:[0-9a-fA-F-]{6,36}|null|none|undefined|N\/A)?["']?[\])}]?[,;]?\s*/gi;
const LEADING_TIME =
  /^[\s[("]*(?:(?:[A-Z][a-z]{2},? )?(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ](?:\d{1,2}|[A-Z][a-z]{2})[-/. ]\d{2,4}|[A-Z][a-z]{2} {1,2}\d{1,2})[T :,]+)?\d{1,2}:\d{2}:\d{2}(?:[.,:]\d+)?(?:\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?[\])"]*\s*(?:[-|,:]\s+)?/;
const LEADING_EPOCH = /^\s*\[?1[0-9]{9}(?:\d{3}){0,3}(?:\.\d+)?\]?\s+/;

/** Words with digits that name a thing rather than count: kept as they are. */
const NAMED_WITH_DIGIT =
  /^(?:v\d{1,2}|[a-z]*http2?|http\/[123](?:\.\d)?|h2c?|utf-?(?:8|16)|sha-?\d{1,3}|md5|base64|ipv[46]|k8s|s3|ec2|log4j2?|x86_64|amd64|arm64|p\d{2,3}|oauth2?|i18n|l10n|e2e|int(?:8|16|32|64)|float(?:32|64)|x509|db2|neo4j|h2|web3|mp[34]|tls1?|tlsv1\.\d|sslv[23]|r2dbc|j2ee|o11y)$/i;
const CODE_LOCATION = /^(?=.*[a-z_])[\w$.@/<>-]*(?:#|\.(?:java|kt|scala|go|py|js|ts|cs|rb|php|cc|cpp|c|h|rs):|:L)\d{1,6}$/i;
const EMBEDDED_UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
/** Tokens of authentication (JWT and the like): long, in both cases, with digits. */
const SECRET_LIKE = /^(?=.{40})(?=(?:.*\d){4})(?=.*[a-z])(?=.*[A-Z])[\w.+=~-]+$/;
/** Ids of shops and tickets: capitals and digits. */
const CAPITAL_ID = /^(?=.*\d)[A-Z0-9]{8,}$/;
const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?(?::\d{1,5})?$/;
const IPV6 = /^(?=.*:.*:)[0-9a-f:]{2,39}(?:%\w+)?$/i;
const NUMBER =
  /^[+-]?(?:\d+(?:[.,]\d+)*|\.\d+)(?:e[+-]?\d+)?(?:ns|us|µs|μs|ms|s|m|h|d|sec|secs|min|mins|b|kb|mb|gb|tb|kib|mib|gib|bytes|k|x|%|hz|khz|mhz|ghz)?$/i;
const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d)){2,}$/i;
const HEX = /^(?:0x[0-9a-f]+|[0-9a-f]{8,})$/i;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}(?:[T_]\d{2}:?\d{2}(?::?\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const CLOCK_TIME = /^\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?$/;
const SLASH_DATE = /^\d{1,4}\/(?:\d{1,2}|[A-Z][a-z]{2})\/\d{1,4}(?::\d{2}:\d{2}:\d{2})?$/;

/** One match: a quoted string, or a run of characters without blanks and brackets that holds a digit, `/`, `@` or `://`. */
const CANDIDATE = /"(?:[^"\\\n]|\\.){0,300}"(?!\w)|(?<![\w)])'(?:[^'\\\n]|\\.){0,300}'(?!\w)|[^\s"'`()[\]{}<>,;=|]+/g;
const HAS_VARIABLE = /[0-9/@"']/;

export function maskMessage(message: string): string {
  let text = message.length > MAX_INPUT_CHARS ? message.slice(0, MAX_INPUT_CHARS) : message;
  if (text.includes('\u001b')) {
    text = text.replace(ANSI_SEQUENCE, '');
  }
  const lineEnd = text.search(/[\r\n]/);
  if (lineEnd > 0) {
    text = text.slice(0, lineEnd);
  }
  text = text.replace(LEADING_TIME, '').replace(LEADING_EPOCH, '');
  text = text.replace(TRACE_CONTEXT, '');
  if (HAS_VARIABLE.test(text)) {
    const withoutIds = text.length >= 36 && text.includes('-') ? text.replace(EMBEDDED_UUID, '<uuid>') : text;
    text = withoutIds.replace(CANDIDATE, maskCandidate);
    if (text.includes('?<query>')) {
      text = text.replace(/\?<query>[=&][^\s"')\]]*/g, '?<query>');
    }
    text = text.replace(/(<[a-z]+>)(?:[,;|]? ?\1)+/g, '$1');
  }
  text = text.replace(/\s+/g, ' ').trim();
  if (text.length > MAX_SHAPE_CHARS) {
    text = cutAtPlaceholder(text);
  }
  return isWellFormed(text) ? text : text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');
}

function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/** Cuts at `MAX_SHAPE_CHARS`, never inside a placeholder. */
function cutAtPlaceholder(text: string): string {
  const cut = text.slice(0, MAX_SHAPE_CHARS);
  const open = cut.lastIndexOf('<');
  return open > MAX_SHAPE_CHARS - 9 && !cut.includes('>', open) ? cut.slice(0, open) : cut;
}

function maskCandidate(token: string, offset: number, whole: string): string {
  const first = token.charCodeAt(0);
  if (first === 0x22 || first === 0x27) {
    return maskQuoted(token, offset, whole);
  }
  return HAS_VARIABLE.test(token) ? maskToken(token) : token;
}

/** Keys of a JSON-like text keep their name; short words without variables keep their quotes and text. */
function maskQuoted(token: string, offset: number, whole: string): string {
  let next = offset + token.length;
  while (whole.charCodeAt(next) === 0x20) {
    next++;
  }
  const isKey = whole.charCodeAt(next) === 0x3a && token.length <= 42 && !/\d{3}/.test(token);
  return isKey ? token : '<quoted>';
}

function maskToken(token: string): string {
  const trail = /[.:!?…*]+$/.exec(token)?.[0] ?? '';
  const core = trail === '' ? token : token.slice(0, -trail.length);
  return core === '' ? token : maskCore(core) + trail;
}

function maskCore(core: string): string {
  if (core.includes('://')) {
    return maskUrl(core);
  }
  if (core.includes('@') && /^[^@/]+@[^@/]+\.[a-z]{2,}$/i.test(core)) {
    return '<email>';
  }
  if (!/\d/.test(core)) {
    return core.includes('/') ? maskPath(core) : core;
  }
  if (IPV4.test(core)) {
    return '<ip>';
  }
  if (NUMBER.test(core)) {
    return '<num>';
  }
  if (ISO_TIME.test(core) || CLOCK_TIME.test(core) || SLASH_DATE.test(core)) {
    return '<time>';
  }
  if (HEX.test(core)) {
    return '<hex>';
  }
  if (IPV6.test(core)) {
    return '<ip>';
  }
  if (NAMED_WITH_DIGIT.test(core) || CODE_LOCATION.test(core)) {
    return core;
  }
  if (DURATION.test(core)) {
    return '<num>';
  }
  if (SECRET_LIKE.test(core) || CAPITAL_ID.test(core)) {
    return '<id>';
  }
  if (core.includes(':')) {
    return core
      .split(':')
      .map((part) => (/\d/.test(part) ? maskCore(part) : part))
      .join(':');
  }
  return core.includes('/') ? maskPath(core) : maskMixed(core);
}

function maskUrl(url: string): string {
  const match = /^([a-z][\w+.-]*:\/\/)([^/?#]*)([^?#]*)(\?.*)?/i.exec(url);
  if (match === null) {
    return '<url>';
  }
  const [, scheme = '', host = '', path = '', query] = match;
  return (
    scheme + host.split(':').map(maskHostPart).join(':') + (path === '' ? '' : maskPath(path)) + (query === undefined ? '' : '?<query>')
  );
}

function maskHostPart(part: string): string {
  return IPV4.test(part) ? '<ip>' : /^\d+$/.test(part) ? '<num>' : maskMixed(part);
}

/** Segments of more than this many make a path a variable as a whole. */
const MAX_PATH_SEGMENTS = 8;

/** Routes stay readable: segments that vary become placeholders, query strings one placeholder. */
function maskPath(path: string): string {
  const queryAt = path.indexOf('?');
  const bare = queryAt === -1 ? path : path.slice(0, queryAt);
  const segments = bare.split('/');
  if (segments.length > MAX_PATH_SEGMENTS + 1) {
    return '<path>';
  }
  const masked = segments.map((segment) => (segment.length > 40 ? '<id>' : /\d/.test(segment) ? maskCore(segment) : segment));
  return masked.join('/') + (queryAt === -1 ? '' : '?<query>');
}

/** Letters and digits in one word: an id when they alternate or when it is long, else the digits alone vary. */
function maskMixed(word: string): string {
  if (!/\d/.test(word)) {
    return word;
  }
  const parts = word.split(/([-_.:#@+~*$&!?%^\\])/);
  if (parts.length === 1) {
    return maskWord(word);
  }
  return parts
    .map((part, index) => (index % 2 === 1 || !/\d/.test(part) ? part : maskPart(part)))
    .join('')
    .replace(/<(?:num|hex|id)>(?:[-_.:]<(?:num|hex|id)>)+/g, '<id>');
}

function maskPart(part: string): string {
  return /^\d+$/.test(part) ? '<num>' : HEX.test(part) ? '<hex>' : maskWord(part);
}

function maskWord(word: string): string {
  if (NAMED_WITH_DIGIT.test(word)) {
    return word;
  }
  const digitRuns = word.match(/\d+/g)?.length ?? 0;
  const alternates = digitRuns >= 2 && word.length >= 5;
  if (alternates || (word.length >= 20 && digitRuns >= 1)) {
    return '<id>';
  }
  return word.replace(/\d+/g, '<num>');
}
