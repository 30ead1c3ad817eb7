/** A slice as a line of text, for the text encoder alone: counts, then what deviates most. */
import { FEATURE_FAMILIES } from '../../../../src/core/features/families.js';
import { MODALITIES } from '../../../../src/core/records.js';
import type { RunScan } from '../../../../src/core/run/scanRun.js';
import { TOKEN_NUMBER_COUNT, TOKEN_NUMBERS, type SliceTokens } from '../../../../src/core/tokens/sliceTensors.js';

/** About as much as the text encoder reads before it cuts. */
const MAX_TOKENS = 10;
const DEVIATION = TOKEN_NUMBERS.indexOf('calibratedDeviation');

export function toSliceTexts(scan: Pick<RunScan, 'tokens' | 'texts'>, entities: readonly string[]): string[] {
  return scan.tokens.map((tokens) => toText(tokens, scan.texts, entities));
}

function toText(tokens: SliceTokens, texts: readonly string[], entities: readonly string[]): string {
  const deviation = (place: number): number => tokens.numbers[place * TOKEN_NUMBER_COUNT + DEVIATION] ?? 0;
  const strongest = Array.from(tokens.text.keys())
    .sort((a, b) => Math.abs(deviation(b)) - Math.abs(deviation(a)))
    .slice(0, MAX_TOKENS);
  const counts = MODALITIES.map((modality, m) => `${modality} ${tokens.modality.filter((value) => value === m).length}`).join(', ');
  const parts = strongest.map((place) => {
    const value = deviation(place);
    const family = FEATURE_FAMILIES[tokens.family[place] ?? 0]?.label ?? '';
    const amount = Math.sinh(Math.abs(value)).toFixed(0);
    return `${entities[tokens.entity[place] ?? 0] ?? ''} ${family} ${(texts[tokens.text[place] ?? 0] ?? '').slice(0, 40)} ${value >= 0 ? 'up' : 'down'} ${amount}`;
  });
  return [counts, ...parts].join('; ');
}
