/** Distinct strings with dense ids in order of first appearance. */
export class StringTable {
  private readonly ids = new Map<string, number>();
  private readonly list: string[] = [];

  get values(): readonly string[] {
    return this.list;
  }

  get size(): number {
    return this.list.length;
  }

  idOf(text: string): number {
    let id = this.ids.get(text);
    if (id === undefined) {
      id = this.list.length;
      this.ids.set(text, id);
      this.list.push(text);
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
