import { Numbering } from '../math/numbering.js';
import type { StringTable } from '../math/stringTable.js';

/** Operations of a run: (service, operation name) pairs with dense ids. */
export class OperationTable {
  private readonly numbers = new Numbering();
  private readonly list: { readonly service: number; readonly name: number }[] = [];

  private readonly services: StringTable;
  private readonly names: StringTable;

  constructor(services: StringTable, names: StringTable) {
    this.services = services;
    this.names = names;
  }

  idOf(service: number, name: number): number {
    return this.numbers.idOf(service, name, () => this.list.push({ service, name }) - 1);
  }

  serviceOf(operation: number): number {
    return this.list[operation]?.service ?? 0;
  }

  nameOf(operation: number): string {
    return this.names.get(this.list[operation]?.name ?? 0);
  }

  /** `GET /pay on payment` */
  describe(operation: number): string {
    return `${this.nameOf(operation)} on ${this.services.get(this.serviceOf(operation))}`;
  }
}
