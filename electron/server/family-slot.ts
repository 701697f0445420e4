// What a server serves over `/v1`: one family at a time, changed while it runs.
import type { Family, FamilyHost } from '#src/serving/family.ts';

export interface FamilySlot extends FamilyHost {
  readonly current: Family | undefined;
}

/** `address` and `token` are what clients use; `address` is asked when a family comes, because the port is known late. */
export function createFamilySlot(address: () => string, token: string): FamilySlot {
  let current: Family | undefined;
  return {
    get current() {
      return current;
    },
    serve(family) {
      current = family;
      return Promise.resolve({
        address: address(),
        token,
        stop() {
          if (current === family) current = undefined;
          return Promise.resolve();
        },
      });
    },
  };
}
