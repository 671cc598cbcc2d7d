/** The machine as the other thread calls it: failures leave as plain data (`protocol/vm-error.ts`). */
import type { VmApi } from "../protocol/vm-api.ts";
import { toPlain } from "../protocol/vm-error.ts";

/** An object with every method of VmApi that is safe to hand to Comlink. */
export function exposable(vm: VmApi): VmApi {
  return new Proxy(vm, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...args: unknown[]) => {
        try {
          return await (member as (...args: unknown[]) => unknown).apply(target, args);
        } catch (error) {
          throw toPlain(error);
        }
      };
    },
  });
}
