import { element, type Child } from './dom.js';
import { splitSentence } from './sentence.js';

/** The one sentence on top of a panel, with a mark that does not rest on colour and the names in it set off. */
export function headline(sentence: string, names: readonly string[], abnormal: boolean): HTMLElement {
  const words: Child[] = splitSentence(sentence, names).map((part) => (part.strong ? element('strong', { text: part.text }) : part.text));
  return element('h1', { class: `rs-headline ${abnormal ? 'abnormal' : 'usual'}` }, [
    element('span', { class: 'rs-mark', text: abnormal ? '▲' : '✓', attributes: { 'aria-hidden': 'true' } }),
    element('span', {}, words),
  ]);
}
