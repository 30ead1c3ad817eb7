import { PairIndex } from './pairIndex.js';

/** Gives each pair (a, b) an id that the caller makes when the pair is first seen. */
export class Numbering {
  private readonly index = new PairIndex();
  private readonly ids: number[] = [];

  idOf(first: number, second: number, create: () => number): number {
    const before = this.index.size;
    const place = this.index.indexOf(first, second);
    if (place === before) {
      this.ids.push(create());
    }
    return this.ids[place] ?? 0;
  }
}
