/** Distinct strings with dense ids in order of first appearance. */
export class StringTable {
  private readonly toKey: (text: string) => string;
  /** @param toKey strings with equal keys are the same; of their spellings the all-lowercase one is kept, else the first */
  constructor(toKey: (text: string) => string = (text) => text) {
    this.toKey = toKey;
  }

  private readonly ids = new Map<string, number>();
  private readonly idByKey = new Map<string, number>();
  private readonly list: string[] = [];

  get values(): readonly string[] {
    return this.list;
  }

  get size(): number {
    return this.list.length;
  }

  idOf(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) {
      return known;
    }
    const key = this.toKey(text);
    const id = this.idByKey.get(key) ?? this.list.length;
    this.idByKey.set(key, id);
    this.ids.set(text, id);
    if (id === this.list.length) {
      this.list.push(text);
    } else if (text === key) {
      this.list[id] = text;
    }
    return id;
  }

  /** @throws RangeError when no string has this id. */
  get(id: number): string {
    const text = this.list[id];
    if (text === undefined) {
      throw new RangeError(`string id ${id} of ${this.list.length}`);
    }
    return text;
  }
}
