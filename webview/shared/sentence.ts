/** A stretch of a sentence; `strong` for the names a reader looks for. */
export interface SentencePart {
  readonly text: string;
  readonly strong: boolean;
}

/** Splits a sentence at the names in it, longest first, whole words only; `**name**` counts as a name too. */
export function splitSentence(sentence: string, names: readonly string[]): readonly SentencePart[] {
  const known = names.filter((name) => name !== '').sort((a, b) => b.length - a.length);
  const alternatives = ['\\*\\*([^*]+)\\*\\*', ...known.map((name) => `(?<![\\w-])${escapePattern(name)}(?![\\w-])`)];
  const pattern = new RegExp(alternatives.join('|'), 'g');
  const parts: SentencePart[] = [];
  let position = 0;
  for (const match of sentence.matchAll(pattern)) {
    if (match.index > position) {
      parts.push({ text: sentence.slice(position, match.index), strong: false });
    }
    parts.push({ text: match[1] ?? match[0], strong: true });
    position = match.index + match[0].length;
  }
  if (position < sentence.length) {
    parts.push({ text: sentence.slice(position), strong: false });
  }
  return parts;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
